"""Two hundred requests, eight at once: each gets its own answer, and the memory that they take does not grow."""

import gc
from concurrent.futures import ThreadPoolExecutor

import psutil
import torch
from PIL import Image

from course_lib.service import ask, serving
from tests.course_lib.service.conftest import mean_colour
from tests.helpers.pictures import saved

REQUESTS, AT_ONCE = 200, 8
SIDE = 1000  # a picture takes 3 MB: 150 of them that stay would be 450
MARGIN = 60e6  # bytes; the allocator keeps some of what was given back, and the eight clients are in this process


def resident() -> int:
    gc.collect()
    return psutil.Process().memory_info().rss


def test_200_requests_8_at_once_none_lost_and_memory_is_flat():
    def colour(number):
        return (number, 255 - number, (37 * number) % 256)

    def question(number):
        return ask(service.url, saved(Image.new("RGB", (SIDE, SIDE), colour(number)), "PNG", compress_level=1))

    with serving(mean_colour) as service, ThreadPoolExecutor(AT_ONCE) as clients:
        first = list(clients.map(question, range(50)))
        early = resident()
        rest = list(clients.map(question, range(50, REQUESTS)))
        late = resident()
    told = [answer.tags for answer in first + rest]
    assert told == [[(" ".join(map(str, colour(number))), 0.75)] for number in range(REQUESTS)]
    assert late - early < MARGIN


def test_a_service_that_keeps_its_pictures_would_be_seen():
    """A third of that load on a tagging function that leaks: the margin above tells them apart."""
    kept = []

    def leaking(image):
        kept.append(image.clone())
        return [("kept", 1.0)]

    data = saved(Image.new("RGB", (SIDE, SIDE), (1, 2, 3)), "PNG")
    with serving(leaking) as service, ThreadPoolExecutor(AT_ONCE) as clients:
        list(clients.map(lambda _: ask(service.url, data), range(25)))
        early = resident()
        list(clients.map(lambda _: ask(service.url, data), range(50)))
        late = resident()
    assert len(kept) == 75
    assert torch.stack(kept[:2]).shape == (2, 3, SIDE, SIDE)
    assert late - early > MARGIN

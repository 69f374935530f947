"""Every experiment of every unit: what is known to all earns nothing, and no install can draw what nobody has seen."""

import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate, normalize

from course_lib import units
from course_lib.checks import unseen
from course_lib.checks.run import generator
from course_lib.checks.spec import Check
from course_lib.data.tinytown.draws import Draw
from tests.helpers import tiers

SEEDS = (2**255 + 11, 2**200 + 7)  # two students' secret seeds
BITS = (0, 31, 62, 127, 250)  # of a seed
DRESS = re.compile(r"(clothes|traits|plate|outline)/[\d.e-]+")  # how persons and signs look: they hold no answer
GUESSED = [
    pytest.param(unit.id, check, id=unit.id, marks=tiers.sampled(unit.id))
    for unit in units.UNITS
    for check in unit.checks
    if any(case.truth for case in check.cases)  # judged by what the cases know, not by the solution's answer
]
EXPERIMENTS = pytest.mark.parametrize(("unit", "check"), GUESSED)


@cache
def asked(check: Check, seed: int) -> dict[str, Any]:
    """What a student with this secret seed is asked."""
    return check.cases[0].make_inputs(generator(seed, check.cases[0]))


@cache
def known(check: Check) -> tuple[list[Tensor], list[Any]]:
    """All inputs of the kind that students have, and a perfect answer for each."""
    inputs, answers = check.known()
    return list(inputs), list(answers)


def together(answers: list[Any]) -> Any:
    """One answer for each image, in the form of `predict`'s."""
    return torch.stack(answers) if isinstance(answers[0], Tensor) else answers


def credit(check: Check, answers: list[Any], seed: int) -> float:
    wrong = check.cases[0].compare(together(answers), None, asked(check, seed))
    assert wrong is None or wrong.rung != "type", wrong.message
    return wrong.credit if wrong else 1.0


def looks() -> Iterator[tuple[str, Callable[[Tensor], Tensor]]]:
    """Ways to compare two pictures: rows of numbers, to be near in."""

    def pixels(images: Tensor) -> Tensor:
        return images.float().flatten(1)

    def centred(images: Tensor) -> Tensor:
        return pixels(images) - pixels(images).mean(dim=1, keepdim=True)

    def small(images: Tensor) -> Tensor:
        return pixels(interpolate(images.float(), size=(8, 8), mode="area"))

    yield "pixels", pixels
    yield "pixels without their mean", centred
    yield "direction", lambda images: normalize(pixels(images))
    yield "direction without the mean", lambda images: normalize(centred(images))
    yield "8 by 8 pixels", small


@pytest.mark.parametrize("check", [check for unit in units.UNITS for check in unit.checks])
def test_what_is_judged_by_a_sample_is_an_experiment_and_says_what_is_known(check):
    sampled = any(case.truth for case in check.cases)
    assert (check.name == "experiment", check.known is not None) == (sampled, sampled)


@pytest.mark.long
@EXPERIMENTS
def test_perfect_answers_earn_all_points_in_the_pictures_that_are_known(unit, check, settings_from):
    settings_from()
    inputs, answers = known(check)
    truth = "_targets" if isinstance(answers[0], dict) else "_labels"
    inputs = {"images": inputs, truth: together(answers)}
    assert check.cases[0].compare(together(answers), None, inputs) is None


@pytest.mark.long
@EXPERIMENTS
def test_the_nearest_of_all_known_pictures_earns_nothing(unit, check, settings_from):
    settings_from()
    images, answers = known(check)
    for seed in SEEDS:
        questions = torch.stack(list(asked(check, seed)["images"]))
        for name, look in looks():
            nearest = torch.cdist(look(questions), look(torch.stack(images))).argmin(dim=1).tolist()
            assert credit(check, [answers[i] for i in nearest], seed) == 0, name


def constants(answers: list[Any]) -> list[Any]:
    """Answers that are the same for every picture: each class; each class everywhere, and the one that is most frequent
    in each pixel; the mean boxes, one or a few of each class; the mean and the median place of each joint.
    """
    if isinstance(answers[0], Tensor):
        whole = torch.stack(answers)
        if whole.is_floating_point():
            return [whole.nanmean(dim=0), whole.nanmedian(dim=0).values]
        everywhere = [torch.full_like(answers[0], int(label)) for label in whole.unique()]
        return [*everywhere, whole.mode(dim=0).values] if answers[0].ndim else everywhere
    boxes, labels = (torch.cat([answer[name] for answer in answers]) for name in ("boxes", "labels"))
    found = []
    for parts in (1, 4):
        means = [
            (part.mean(dim=0), label)
            for label in labels.unique()
            for part in boxes[labels == label][boxes[labels == label].sum(dim=1).argsort()].tensor_split(parts)
        ]
        mean, label = (torch.stack(column) for column in zip(*means, strict=True))
        found.append({"boxes": mean, "labels": label, "scores": torch.ones(len(label))})
    return found


@pytest.mark.long
@EXPERIMENTS
def test_a_constant_earns_nothing(unit, check, settings_from):
    settings_from()
    for seed in SEEDS:
        for constant in constants(known(check)[1]):
            assert credit(check, [constant] * len(asked(check, seed)["images"]), seed) == 0, constant


@pytest.mark.long
@EXPERIMENTS
def test_every_bit_of_the_seed_decides_every_picture(unit, check):
    drawn = [asked(check, SEEDS[0] ^ (1 << bit))["images"] for bit in BITS] + [asked(check, SEEDS[0])["images"]]
    for pictures in zip(*drawn, strict=True):
        assert len({picture.numpy().tobytes() for picture in pictures}) == len(drawn)


@pytest.mark.long
@EXPERIMENTS
def test_nothing_in_a_hidden_picture_has_a_name_that_others_can_say(unit, check, monkeypatch):
    """A named stream of draws is one that every install can draw: by a table of names a picture would be found."""
    named, begin = [], Draw.__init__

    def told(self, name):
        named.append(name)
        begin(self, name)

    monkeypatch.setattr(Draw, "__init__", told)
    check.cases[0].make_inputs(generator(SEEDS[1], check.cases[0]))
    assert [name for name in named if not DRESS.fullmatch(name)] == []


def test_streams_have_keys_of_their_own_whatever_bit_differs():
    seeds = [SEEDS[0], *(SEEDS[0] ^ (1 << bit) for bit in range(256))]
    case = GUESSED[0].values[1].cases[0]
    first = {stream.random() for seed in seeds for stream in unseen.streams(generator(seed, case), 3)}
    assert len(first) == 3 * len(seeds)


def test_a_secret_stream_repeats_and_is_evenly_spread():
    key = bytes(range(16))
    numbers = unseen.Secret(key).numbers(50, 400)
    assert (numbers == unseen.Secret(key).numbers(50, 400)).all()
    assert ((numbers >= 0) & (numbers < 1)).all()
    assert abs(numbers.mean() - 0.5) < 0.01
    assert len({*numbers.ravel().tolist()}) == numbers.size
    assert set(unseen.Secret(key).shuffled(range(9))) == {*range(9)}


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="at least 16 bytes"):
        unseen.Secret(b"short")


def test_python_s_own_generator_gives_itself_away():
    """Why hidden pictures do not use it: 624 words that one has seen tell all that follow."""
    theirs = random.Random("scene/test/7")
    state = tuple(_untempered(theirs.getrandbits(32)) for _ in range(624))
    mine = random.Random()
    mine.setstate((3, (*state, 624), None))
    assert [mine.random() for _ in range(9)] == [theirs.random() for _ in range(9)]


def _untempered(word: int) -> int:
    """The Mersenne twister's state word behind an output word."""
    word ^= word >> 18
    word ^= word << 15 & 0xEFC60000
    seen = word
    for _ in range(5):
        word = seen ^ (word << 7 & 0x9D2C5680)
    seen = word
    for _ in range(3):
        word = seen ^ (word >> 11)
    return word

"""Faces that many tests look at: drawn once in a plain process, as checking types takes many times as long."""

import os
import subprocess
import sys

import numpy as np
import pytest

from course_lib.data import tinyfaces
from course_lib.settings import settings

PROGRAM = """
import sys, time
import numpy as np
from course_lib.data import tinyfaces
from course_lib.data.tinytown.draws import Draw
people, takes = 40, 12
drawn = [
    [tinyfaces.face(tinyfaces.person(5 * who), Draw(f"grid/{take}")) for take in range(takes)] for who in range(people)
]
known = {name: np.array([[getattr(one, name) for one in row] for row in drawn])
    for name in ("image", "landmarks", "places")}
def seconds():
    start = time.thread_time()
    for number in range(100):
        tinyfaces.face(tinyfaces.person(number), Draw(f"speed/{number}"))
    return time.thread_time() - start
tinyfaces.faces("train", images=10), tinyfaces.faces("val", images=10), tinyfaces.faces("test", images=10)
np.savez(sys.argv[1], seconds=min(seconds() for _ in range(5)), **known)
"""

DIGEST = """
import hashlib, cv2
from course_lib.data import tinyfaces
from course_lib.data.tinytown.draws import Draw
cv2.setUseOptimized({optimised})
found = hashlib.sha256()
for number in range(60):
    one = tinyfaces.face(tinyfaces.person(11 * number), Draw(f"digest/{{number}}"))
    found.update(one.image.tobytes() + one.landmarks.tobytes())
print(found.hexdigest()[:16])
"""


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """A cache folder with ten images of each identity, and arrays about 40 people [40, …] in the same 12 takes."""
    folder = tmp_path_factory.mktemp("tinyfaces")
    environment = os.environ | {"COURSE_CACHE": str(folder), "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", PROGRAM, str(folder / "grid.npz")], env=environment, check=True)
    with np.load(folder / "grid.npz") as arrays:
        return folder, dict(arrays)


@pytest.fixture(scope="session")
def grid(drawn):
    """`image` [40, 12, 3, 64, 64], `landmarks` and `places` [40, 12, 5, 2] of 40 people who are no look-alikes, all in
    the same 12 takes, and `seconds` of a processor that a hundred faces took.
    """
    return drawn[1]


@pytest.fixture(scope="session")
def splits(drawn) -> dict[str, tinyfaces.Faces]:
    """Ten images of each identity, by split."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", str(drawn[0]))
        settings.cache_clear()
        found = {split: tinyfaces.faces(split, images=10) for split in tinyfaces.SPLITS}
    settings.cache_clear()
    return found


@pytest.fixture
def digest_on(tmp_path):
    """A short text that differs when one byte of some faces does, drawn as another processor would:
    `digest_on(optimised=False, OPENCV_IPP="disabled")`."""

    def draw(optimised: bool, **processor: str) -> str:
        program = DIGEST.format(optimised=optimised)
        answer = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=os.environ | processor, check=True
        )
        return answer.stdout.strip()

    return draw

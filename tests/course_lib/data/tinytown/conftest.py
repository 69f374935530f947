"""Scenes that many tests look at: drawn once in a plain process, as checking types takes 20 times as long."""

import dataclasses
import hashlib
import os
import subprocess
import sys

import pytest
import torch

from course_lib.data import tinytown
from course_lib.settings import settings

PROGRAM = """
import hashlib, time
from course_lib.data import tinytown
tinytown.scenes("train", 400), tinytown.scenes("test_shifted", 300)
def seconds():
    start = time.thread_time()
    for seed in range(50):
        tinytown.scene(seed)
    return time.thread_time() - start
print(2 * min(seconds() for _ in range(5)))
"""

DIGEST = """
import hashlib, cv2, torch
from course_lib.data import tinytown
cv2.setUseOptimized({optimised})
found = hashlib.sha256()
for split in tinytown.SPLITS:
    for seed in range(6):
        for value in vars(tinytown.scene(seed, split=split)).values():
            if isinstance(value, torch.Tensor):
                found.update(value.numpy().tobytes())
for group in ("source", "target"):
    found.update(tinytown.objects(group, "test", 24, 64)[0].numpy().tobytes())
for one in tinytown.portraits("test", 6):
    found.update(one.image.tobytes() + one.joints.tobytes() + one.joint_state.tobytes())
print(found.hexdigest()[:16])
"""


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """A cache folder with 400 scenes of train and 300 of test_shifted, and a hundred scenes' seconds of a processor."""
    folder = tmp_path_factory.mktemp("tinytown")
    environment = os.environ | {"COURSE_CACHE": str(folder), "PYTHONHASHSEED": "7"}
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment, check=True
    )
    return folder, float(answer.stdout)


@pytest.fixture
def digest_on(tmp_path):
    """A short text that differs when one number of some scenes and crops does, drawn anew as another processor would:
    `digest_on(optimised=False, OPENCV_IPP="disabled")`."""

    def draw(optimised: bool, **processor: str) -> str:
        environment = os.environ | {"COURSE_CACHE": str(tmp_path)} | processor
        program = DIGEST.format(optimised=optimised)
        answer = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
        )
        return answer.stdout.strip()

    return draw


def _read(folder, split, count):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", str(folder))
        settings.cache_clear()
        scenes = tinytown.scenes(split, count)
    settings.cache_clear()
    return scenes


@pytest.fixture(scope="session")
def town(drawn) -> list[tinytown.Scene]:
    """Scenes 0 … 399 of train."""
    return _read(drawn[0], "train", 400)


@pytest.fixture(scope="session")
def shifted(drawn) -> list[tinytown.Scene]:
    """Scenes 0 … 299 of test_shifted."""
    return _read(drawn[0], "test_shifted", 300)


@pytest.fixture
def cache_folder(tmp_path, monkeypatch):
    """The folder that holds Tinytown's files during one test."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    settings.cache_clear()
    yield tmp_path / "tinytown"
    settings.cache_clear()


@pytest.fixture(scope="session")
def digest():
    """A short text that differs when any number of a scene does."""

    def of(scene: tinytown.Scene) -> str:
        tensors = [value for value in vars(scene).values() if isinstance(value, torch.Tensor)]
        return hashlib.sha256(b"".join(tensor.numpy().tobytes() for tensor in tensors)).hexdigest()

    return of


@pytest.fixture(scope="session")
def same():
    """Whether two scenes are equal in every field, types included."""

    def equal(one: tinytown.Scene, other: tinytown.Scene) -> bool:
        pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(one)]
        return all(
            torch.equal(a, b) and a.dtype == b.dtype if isinstance(a, torch.Tensor) else a == b for a, b in pairs
        )

    return equal

"""Do trainings wait for their data? And how fast are photographs read? python -m benchmarks.data"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.grading import BenchmarkError
from benchmarks.turns import machine, number, row, told
from course_lib.data.voc import VOC_CLASSES, voc_layout
from tools import ROOT

MINI = ("02_rcnn", "03_fast_rcnn", "04_faster_rcnn", "05_fcn", "06_pose", "07_faces")
STEPS = 12
SAMPLES = Path(os.environ.get("COURSE_TEST_DATA") or ROOT.parent / "shared" / "data")
VOC = Path("VOCdevkit", "VOC2012")
FULL = {  # trainings on photographs, on a CPU: unit, the folder in SAMPLES that it needs, more of its environment
    "04_faster_rcnn": (VOC, {"COURSE_VOC_YEAR": "2012"}),
    "05_fcn": (Path("CamVid"), {"COURSE_SEGMENTATION": "CamVid"}),
}
ROUNDS = 3  # of reading all photographs


@dataclass(frozen=True)
class Fed:
    """One unit's training: seconds of its steps and of their waits for data, and the drawing before the first step.

    Attributes:
        about: the unit, and what it learns from.
        pictures, drawing: drawn for it here, and in how many seconds; 0 where none is drawn.
        part: of the whole training's pictures that were drawn here.
        planned: steps of the whole training.
    """

    about: str
    busy: bool
    steps: tuple[float, ...]
    waits: tuple[float, ...]
    pictures: int
    drawing: float
    part: float
    planned: int

    @property
    def shares(self) -> list[float]:
        """The part of each step that waits."""
        return [wait / step for wait, step in zip(self.waits, self.steps, strict=True)]

    @property
    def drawn_beside_steps(self) -> float:
        """The time that all pictures take to draw, once, over that of all steps."""
        return self.drawing / self.part / (self.planned * median(self.steps))


@dataclass(frozen=True)
class Read:
    """Photographs read with so many threads: how many a second, and processor seconds of each, in every round."""

    threads: int
    why: str
    speeds: tuple[float, ...]
    worked: tuple[float, ...]


def fed(about: str, unit: str, steps: int, cache: Path, variables: Mapping[str, str]) -> list[Fed]:
    """The first steps of a unit's training in a process of its own: on an idle machine, then on a busy one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COURSE_")}
    environment |= {"COURSE_CACHE": str(cache), "COURSE_DEVICE": "cpu", "COURSE_THREADS": "1", "PYTHONPATH": str(ROOT)}
    environment |= variables
    words = [sys.executable, "-m", "benchmarks.steps", unit, str(steps)]
    ran = subprocess.run(words, cwd=cache, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise BenchmarkError(f"{about}: the training did not begin.", got=ran.stderr[-1000:])
    found = json.loads(ran.stdout.splitlines()[-1])
    before = {name: found[name] for name in ("pictures", "drawing", "part", "planned")}
    columns = zip((False, True), found["steps"], found["waits"], strict=True)
    return [Fed(about, crowded, tuple(took), tuple(waited), **before) for crowded, took, waited in columns]


def trainings(units: Sequence[str] = MINI, steps: int = STEPS) -> list[Fed]:
    """Each unit's training in `mini`, with an empty cache; selective search is done once for all of them."""
    found = []
    with TemporaryDirectory(prefix="benchmark-") as folder:
        searched = Path(folder, "proposals")
        searched.mkdir()
        for unit in units:
            cache = Path(folder, unit)
            cache.mkdir()
            (cache / "proposals").symlink_to(searched)
            found += fed(unit, unit, steps, cache, {"COURSE_PROFILE": "mini"})
    return found


def photographs(samples: Path = SAMPLES, steps: int = STEPS) -> list[Fed]:
    """Those in `full` whose photographs lie here: with EfficientNet-Lite0, which needs no download."""
    found = []
    for unit, (needed, more) in FULL.items():
        if (samples / needed).is_dir():
            variables = {"COURSE_PROFILE": "full", "COURSE_BACKBONE": "lite0", "COURSE_DATA": str(samples)} | more
            with TemporaryDirectory(prefix="benchmark-") as cache:
                found += fed(f"{unit} on {needed.name}, `full`", unit, steps, Path(cache), variables)
    return found


def reading(samples: Path = SAMPLES, rounds: int = ROUNDS) -> list[Read]:
    """VOC's photographs with their boxes, read one after the other and with the doctor's threads, in turn."""
    if not (samples / VOC).is_dir():
        return []
    data = voc_layout(samples / VOC, "trainval", VOC_CLASSES)
    doctors, alone = doctors_threads(), "as trainings read"
    both = f"{alone}, " * (doctors == 1)
    ways = {1: alone} | {doctors: f"{both}as `course doctor` says for `full`"}
    _read(data, 1)  # from here on the files are in memory
    runs = [[_read(data, count) for count in ways] for _ in range(rounds)]
    columns = (zip(*way, strict=True) for way in zip(*runs, strict=True))
    return [Read(*way, *map(tuple, column)) for way, column in zip(ways.items(), columns, strict=True)]


def _read(data: Sequence, threads: int) -> tuple[float, float]:
    """Photographs per second by the clock, and processor seconds of each."""
    start, worked = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        count = len(list(pool.map(data.__getitem__, range(len(data)))))
    return count / (time.perf_counter() - start), (time.process_time() - worked) / count


def doctors_threads() -> int:
    """How many threads `course doctor` reports for `full`."""
    code = (
        "from course_lib import doctor; from course_lib.settings import settings; "
        "print(dict(doctor.machine(settings()))['threads'].partition(':')[0])"
    )
    ours = {"OMP_NUM_THREADS", "VISION_COURSE_SET"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= {"COURSE_PROFILE": "full", "COURSE_BACKBONE": "lite0", "PYTHONPATH": str(ROOT)}
    said = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return int(said.stdout)


def measure(steps: int = STEPS) -> tuple[list[Fed], list[Read]]:
    """All of it."""
    return trainings(steps=steps) + photographs(steps=steps), reading()


def table(found: tuple[Sequence[Fed], Sequence[Read]]) -> str:
    """As Markdown."""
    rows, read = found
    text = TABLE.format(torch=version("torch")) + "".join(map(_line, rows))
    if not read:
        return f"{text}\nReading PASCAL VOC: not measured, no samples lie in the folder that COURSE_TEST_DATA names.\n"
    return (
        text
        + READING
        + "".join(row(f"{one.threads} ({one.why})", told(one.speeds), told(one.worked, 1e-3)) for one in read)
    )


def _line(one: Fed) -> str:
    drawing, share = ("–", "–", "–"), "–"
    if one.pictures and not one.busy:  # the pictures are there when the neighbours come
        whole = f"{round(one.pictures / one.part):,}"
        drawing = whole, f"{one.pictures:,}", number(one.pictures / one.drawing)
        share = f"{100 * one.drawn_beside_steps:.0f}"
    clocks = told(one.steps, 1e-3), told(one.waits, 1e-3), told(one.shares, 0.01)
    return row(one.about, machine(one.busy), *drawing, *clocks, share)


TABLE = f"""
## Data and training

The first steps of each solution's own training, called as its notebook calls it but with fewer pictures: {STEPS} steps
after a few that do not count, one thread, processor time, PyTorch {{torch}}. A step *waits* while its batch is put
together: pictures chosen, mirrored, cut out, scaled; its time includes the wait, whose share says whether data are a
bottleneck. There is no peer. Pictures are drawn once, before the first step of the first run on the idle machine,
and then read from the cache. The last column is an estimate: how long all pictures of the whole training would take to
draw at the speed measured here, beside all its planned steps at their median time.

| training | machine | pictures | drawn here | per second | step, ms | wait, ms | share, % | drawing, % of steps |
|---|---|--:|--:|--:|--:|--:|--:|--:|
"""
READING = f"""
PASCAL VOC's photographs with their boxes, read and decoded: median of {ROUNDS} rounds, the files in the machine's
memory. Trainings read in their own process, without workers beside it; `course doctor` names the threads that compute.
There is no peer.

| threads | photographs a second | processor ms of each |
|---|--:|--:|
"""


if __name__ == "__main__":
    print(table(measure()))

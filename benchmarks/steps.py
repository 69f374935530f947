"""The first steps of a solution's own training, and what of each goes into waiting for its data:
python -m benchmarks.steps UNIT STEPS

The solution's `fit()` is called as its notebook calls it, with a part of its pictures (FEW); the training loop stops
after so many steps, and once more so many beside neighbours that never wait. Seconds are those of the processor: a
neighbour interrupts long steps and hardly a short wait. Prints one JSON object. The settings are the environment's.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from unittest import mock

from autograder import reference
from benchmarks.load import busy
from course_lib import training
from course_lib.data.tinyfaces import cache as faces
from course_lib.data.tinytown import cache as town

WARM = 3  # steps before the first that counts
FEW = {"SCENES": 24, "PERSONS": 100, "TRAINS": 4}  # by the solutions' own names for how many pictures they take
DRAWERS = ((town, "scene"), (town, "portrait"), (faces, "face"))  # each draws one picture


class Enough(Exception):
    """All steps have been timed."""


class Clock:
    """What one training has taken so far.

    Attributes:
        pictures, drawing: how many were drawn for it, not read from the cache, and in how many seconds.
        part: of the solution's pictures that are taken here.
        planned: steps of the whole training.
        steps, waits: of each phase, idle and then busy: seconds of each step, and of its wait for data.
    """

    def __init__(self, count: int):
        self.count = count
        self.pictures, self.drawing, self.planned, self.part = 0, 0.0, 0, 1.0
        self.steps: tuple[list[float], ...] = ([], [])
        self.waits: tuple[list[float], ...] = ([], [])

    def drawn(self, draw: Callable) -> Callable:
        """The same function; its pictures and seconds are noted."""

        def noted(*values):
            start = time.process_time()
            picture = draw(*values)
            self.drawing += time.process_time() - start
            self.pictures += 1
            return picture

        return noted

    def fit(self, fit: Callable) -> Callable:
        """The training loop, which takes this clock's steps and then raises Enough."""

        def some(model, batch, loss, steps, lr, **how):
            self.planned = steps
            with ExitStack() as neighbours:
                timed = self._timed(batch, lambda: neighbours.enter_context(busy()))
                fit(model, timed, loss, steps, lr, **(how | {"checkpoint": None, "keep": False, "progress": False}))

        return some

    def _timed(self, batch: Callable[[int], tuple], crowd: Callable[[], object]) -> Callable[[int], tuple]:
        """The batches; the clock is read before each and after it."""
        last, phase = WARM + self.count, 0
        begun: list[float] = []

        def timed(index: int) -> tuple:
            nonlocal phase
            now = time.process_time()
            place = len(begun)
            begun.append(now)
            if place > WARM:
                self.steps[phase].append(now - begun[-2])
            if place == last:
                if phase == 1:
                    raise Enough
                phase = 1
                begun.clear()
                crowd()
            data = batch(index)
            if len(begun) > WARM:
                self.waits[phase].append(time.process_time() - begun[-1])
            return data

        return timed


@contextmanager
def watched(clock: Clock):
    """Trainings and drawings in this block are the clock's."""
    with ExitStack() as stack:
        for module, name in DRAWERS:
            stack.enter_context(mock.patch.object(module, name, clock.drawn(getattr(module, name))))
        stack.enter_context(mock.patch.object(training, "fit", clock.fit(training.fit)))
        yield


def measured(unit: str, count: int) -> dict[str, object]:
    """The clock of a unit's training after so many steps, idle and busy."""
    names, clock = reference.load(unit), Clock(count)
    for name in FEW.keys() & names.keys():
        clock.part, names[name] = FEW[name] / names[name], FEW[name]
    with watched(clock):
        try:
            names["fit"]()
        except Enough:
            return {name: value for name, value in vars(clock).items() if name != "count"}
    raise RuntimeError(f"The training of {unit} has fewer than {2 * (WARM + count) + 2} steps.")


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))

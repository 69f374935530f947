"""Is everything there? python -m unittest

Each exercise is opened as it was given out: its imports run, and each function that is still to be written is told so.
"""

import contextlib
import importlib
import io
import json
import unittest
from pathlib import Path

from course_lib.errors import CheckFailed

EXERCISES = sorted(Path(__file__).parents[1].glob("exercises/*/*.ipynb"))


def cells_of(path: Path) -> list[dict]:
    """The cells of a notebook that hold code."""
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


class EveryExercise(unittest.TestCase):
    """One look at each."""

    def test_there_are_exercises(self):
        self.assertTrue(EXERCISES)

    def test_what_it_imports_is_there(self):
        for path in EXERCISES:
            with self.subTest(path.stem):
                exec("".join(cells_of(path)[0]["source"]), {})

    def test_each_function_is_still_to_be_written(self):
        for path in EXERCISES:
            unit = importlib.import_module(f"course_lib.checks.{path.stem.partition('_')[2]}")
            for asked in unit.CHECKS:
                with self.subTest(f"{path.stem}: {asked.name}"), contextlib.redirect_stdout(io.StringIO()):
                    self.assertRaises(CheckFailed, unit.check, asked.name, untouched)


def untouched(*inputs, **named):
    """What stands in an exercise before anybody has written something."""
    raise NotImplementedError


if __name__ == "__main__":
    unittest.main()

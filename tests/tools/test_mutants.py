"""Mutants are made where a solution stands, tried in forks that may hang or die, and told in one table."""

import os
import re
import time

from tools import ROOT
from tools.mutants import trials
from tools.mutants.mutations import mutants
from tools.mutants.report import Survivor, UnitResult, Verdict, document, read_reasons, summary
from tools.mutants.trials import run_trials

DOUBLE = '''def larger(a: int, b: int = 1 + 1) -> bool:
    """Whether a > b."""
    ### BEGIN SOLUTION
    return a > b
    ### END SOLUTION
'''


def test_only_what_stands_between_the_markers_is_changed_and_each_change_once():
    made = list(mutants("larger", DOUBLE))
    assert {"return a >= b", "return a < b", "return a == b", "return a != b"} <= {mutant.after for mutant in made}
    assert {(mutant.function, mutant.line, mutant.before) for mutant in made} == {("larger", 4, "return a > b")}
    assert all("b: int = 1 + 1" in mutant.source for mutant in made)
    assert len({mutant.source for mutant in made}) == len(made)


TWO_METHODS = '''class Double:
    """Doubles."""

    def __init__(self):
        """Doc."""
        ### BEGIN SOLUTION
        self.by = 2
        ### END SOLUTION

    def forward(self, x=4):
        """Doc."""
        ### BEGIN SOLUTION
        return self.by * x
        ### END SOLUTION
'''


def test_each_method_between_markers_is_changed():
    made = list(mutants("Double", TWO_METHODS))
    assert {"self.by = 1", "self.by = 3", "return self.by + x"} <= {mutant.after for mutant in made}
    assert {mutant.line for mutant in made} == {7, 13}
    assert all("x=4" in mutant.source for mutant in made)


def test_numbers_move_both_ways():
    made = mutants("f", 'def f():\n    """Doc."""\n    ### BEGIN SOLUTION\n    return 11\n    ### END SOLUTION\n')
    assert {mutant.after.split()[-1] for mutant in made} == {"10", "12"}


def test_trials_answer_in_their_order():
    tried = [lambda pause=pause: [time.sleep(pause), pause][1] for pause in (0.4, 0.0, 0.2, 0.1)]
    assert list(run_trials(tried, limit=20, at_once=4)) == [0.4, 0.0, 0.2, 0.1]


def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_trial_that_works_too_long_or_dies_is_none_and_the_others_answer():
    tried = [lambda: spin(600), lambda: os._exit(3), lambda: 1 / 0, lambda: "well"]
    assert list(run_trials(tried, limit=2, at_once=2)) == [None, None, None, "well"]


def test_a_trial_that_sleeps_is_ended_too_but_not_one_that_only_waits_for_a_processor(monkeypatch):
    monkeypatch.setattr(trials, "ASLEEP", 4)
    assert list(run_trials([lambda: time.sleep(600), lambda: [time.sleep(2.5), 1][1]], limit=2)) == [None, 1]


def test_a_trial_that_takes_all_memory_dies_alone():
    assert list(run_trials([lambda: len(bytearray(2**33)), lambda: 1], limit=20)) == [None, 1]


RESULT = UnitResult(
    "02_rcnn",
    {"nms": (27, 25), "box_iou": (10, 10)},
    [
        Survivor("02_rcnn", "nms", 18, "while len(order) > 0:", "while len(order) != 0:"),
        Survivor("02_rcnn", "nms", 16, "x | y", "x + y"),
    ],
    [
        Verdict("02_rcnn", "nms", "ascending", "ascending", "ascending"),
        Verdict("02_rcnn", "nms", "over-smaller", "over-smaller", ""),
    ],
)
SUMMARY = r"Mutants: (\d+) of (\d+) killed, misconceptions: (\d+) of (\d+) named"
REASONS = {("02_rcnn", "nms", "while len(order) > 0:", "while len(order) != 0:"): "a length is never negative"}


def test_the_summary_counts_mutants_and_misconceptions():
    assert summary([RESULT, RESULT]) == "mutants: 70 of 74 killed, misconceptions: 2 of 4 named"


def test_the_table_gives_the_reason_or_says_that_none_is_known():
    text = document([RESULT], REASONS)
    assert "| `nms` | 18 | `while len(order) > 0:` | `while len(order) != 0:` | a length is never negative |" in text
    assert r"| `nms` | 16 | `x \| y` | `x + y` | **not known** |" in text
    assert "| `nms` | over-smaller | **public: over-smaller, hidden: no** |" in text


def test_the_hand_kept_table_ignores_layout(tmp_path):
    table = tmp_path / "table.toml"
    row = 'unit = "u"\nfunction = "f"\nbefore = "x = a[0]"\nafter = ["x = a[ 1]"]\nbecause = "both are the same"\n'
    table.write_text("[[equivalent]]\n" + row)
    assert read_reasons(table)[Survivor("u", "f", 7, "x  = a[0]", "x = a[  1]").key] == "both are the same"


def test_the_checks_kill_what_was_promised():
    """make mutants: at least 98 of 100 mutants killed, each survivor with its reason, every misconception named."""
    text = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
    killed, made, named, misconceptions = map(int, re.search(SUMMARY, text).groups())
    assert killed >= 0.98 * made > 0
    assert named == misconceptions > 0
    assert "| **" not in text  # a cell in bold is a gap

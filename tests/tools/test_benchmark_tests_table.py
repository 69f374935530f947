"""The tests' own time: read from pytest's report of real tests, and from literal ones, and told as Markdown."""

import subprocess
import sys

import pytest

from benchmarks import tests_table
from benchmarks.tests_table import Case, NoReport, Suite

TESTS = """
import time

import pytest


def test_waits():
    time.sleep(0.3)


@pytest.fixture
def slow():
    time.sleep(0.2)


def test_with_a_slow_fixture(slow): ...


def test_fails():
    assert 1 == 2


@pytest.mark.skip(reason="later")
def test_skipped(): ...
"""
REPORT = """<testsuites><testsuite time="{time}">{cases}</testsuite></testsuites>"""
CASE = '<testcase classname="{}" name="test_{}" time="{}" />'


@pytest.fixture
def report(tmp_path):
    """Writes a report of (module, name, seconds): its path."""

    def write(*cases, time=10, name="part.xml"):
        (tmp_path / name).write_text(REPORT.format(time=time, cases="".join(CASE.format(*case) for case in cases)))
        return tmp_path / name

    return write


def test_pytests_own_report_is_read(tmp_path):
    (tmp_path / "test_some.py").write_text(TESTS)
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--junitxml=r.xml", "-q", "test_some.py"]
    subprocess.run(words, cwd=tmp_path, stdout=subprocess.DEVNULL, check=False)
    found = tests_table.measure([tmp_path / "r.xml"])
    cases = {case.name: case for case in found.cases}
    assert {name: case.outcome for name, case in cases.items()} == {
        "test_waits": "passed",
        "test_with_a_slow_fixture": "passed",
        "test_fails": "failed",
        "test_skipped": "skipped",
    }
    assert cases["test_waits"].seconds >= 0.3
    assert cases["test_with_a_slow_fixture"].seconds >= 0.2  # with its fixture
    assert found.wall >= 0.5


@pytest.mark.parametrize(
    ("module", "part"),
    [
        ("tests.course_lib.test_alt", "library"),
        ("tests.course_lib.service.test_app", "library"),
        ("tests.autograder.box.test_walls", "grader"),
        ("tests.attacks.test_attacks", "grader, attacks"),
        ("tests.units.06_pose.test_experiment_pose", "unit 06_pose"),
        ("tests.units.test_answers", "all units together"),
        ("tests.browser.test_site", "browser"),
        ("", "other"),
    ],
)
def test_the_part_of_a_test(module, part):
    assert Case(module, "test_one", 1.0, "passed").part == part


def test_parts_are_added_up_over_all_files(report):
    one = report(("tests.browser.test_site", "a", 2.0), ("tests.doors.test_hub", "b", 5.0), time=60)
    other = report(("tests.browser.test_site", "c", 4.5), time=30, name="other.xml")
    text = tests_table.table(tests_table.measure([one, other]), "make quick")
    rows = text.splitlines()
    assert "## `make quick`" in rows
    assert "1.5 minutes by the clock, one part after the other." in text
    start = rows.index("| part | tests | failed | skipped | seconds |") + 2
    assert rows[start : start + 3] == [
        "| browser | 2 | 0 | 0 | 6 |",
        "| doors | 1 | 0 | 0 | 5 |",
        "| all | 3 | 0 | 0 | 12 |",
    ]


def test_the_page_has_both_runs(report):
    one = tests_table.measure([report(("tests.browser.test_site", "a", 2.0), time=60)])
    other = tests_table.measure([report(("tests.doors.test_hub", "b", 1.0), time=30, name="other.xml")])
    text = tests_table.document(one, other, "Measured on a machine.")
    assert text.index("1.0 minutes by the clock.") < text.index("`make quick`") < text.index("0.5 minutes")
    assert text.endswith("\nMeasured on a machine.\n")


def test_the_slowest_twenty_come_first_and_their_names_are_safe_in_a_table():
    cases = [Case("tests.tools.test_real", f"test_{i}", float(i), "passed") for i in range(30)]
    odd = Case("tests.tools.test_real", f"test_a|b`c{'x' * 200}[last]", 99.0, "passed")
    lines = tests_table.table(Suite((*cases, odd), 1.0), "make test").splitlines()
    slowest = lines[lines.index("| test | seconds |") + 2 :]
    assert len(slowest) == 20
    assert slowest[0].endswith("[last]` | 99.0 |")
    assert "a\\|b'c" in slowest[0]
    assert slowest[1:3] == ["| `tools/test_real: 29` | 29.0 |", "| `tools/test_real: 28` | 28.0 |"]


@pytest.mark.parametrize(
    "text", ["no report", "<testsuites></testsuites>", '<testsuite time="1"><testcase /></testsuite>']
)
def test_what_is_no_report_is_refused(tmp_path, text):
    (tmp_path / "r.xml").write_text(text)
    with pytest.raises(NoReport):
        tests_table.measure([tmp_path / "r.xml"])

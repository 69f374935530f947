"""The sample class: thirty invented students, each with the work that the class says, and what it deserves."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import nbformat
import pytest

from autograder import misconceptions
from autograder.exam import papers
from autograder.exam.judge import judge
from autograder.release.roles import grade_id
from tools.samples import sample_class

UNIT = sample_class.UNIT
SEED = 5
IMPORTS = "given_1"  # the only locked cell that the functions need


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample") / "course"
    sample_class.make_course(folder)
    return folder


@pytest.fixture(scope="module")
def made(course):
    return sample_class.make_class(course)


@pytest.fixture(scope="module")
def asked():
    """The papers of all functions; what the misconceptions answer is worked out once."""
    drawn = [papers.set_paper(UNIT, check, SEED) for check in papers.checks_of(UNIT) if check.name != "experiment"]
    return [replace(paper, suspicions=partial(tuple, list(paper.suspicions()))) for paper in drawn]


def verdict_on(sample, asked):
    """What the sample's functions earn in this process: the answers are ours, so no box is needed."""
    namespace = {}
    for cell in nbformat.reads(sample.text, as_version=4).cells:
        name = grade_id(cell)
        if (
            cell.cell_type == "code"
            and not name.startswith(("check", "given", "fit", "experiment"))
            or name == "given_1"
        ):
            exec(compile(cell.source, sample.student, "exec"), namespace)
    mine = [paper for paper in asked if paper.check.function in namespace]
    return judge(mine, papers.answers_of(mine, namespace), [])


def test_thirty_students_each_once(made):
    assert len(made) == 30
    assert len({sample.student for sample in made}) == 30
    assert Counter(sample.kind for sample in made) == sample_class.PLAN


def test_the_class_is_the_same_at_every_call(course, made):
    assert list(sample_class.samples(course)) == made


def test_the_files_lie_where_a_grader_looks(course, made):
    for sample in made:
        folder = course / "submitted" / sample.student / UNIT
        assert (folder / sample.file).read_text() == sample.text
        assert (folder / "timestamp.txt").read_text() == sample.stamp
        assert (folder / f"{UNIT}.safetensors").stat().st_size < 200
    assert [sample.file for sample in made if sample.file != f"{UNIT}.ipynb"] == ["rcnn final (2).ipynb"]


@pytest.mark.parametrize("kind", ["right", "arrays", "loops"])
def test_right_answers_deserve_all(made, asked, kind):
    sample = next(sample for sample in made if sample.kind == kind)
    reports = verdict_on(sample, asked).reports
    assert {name: report.points for name, report in reports.items()} == {p.check.name: p.check.points for p in asked}


def test_half_done_work_deserves_what_is_done(made, asked):
    asked = [replace(paper, suspicions=tuple) for paper in asked]  # which mistake an unwritten function is like
    for sample in [sample for sample in made if sample.kind == "half"]:
        done = int(sample.about.split()[0])
        points = [report.points for report in verdict_on(sample, asked).reports.values()]
        assert points == [paper.check.points for paper in asked[:done]] + [0] * (len(asked) - done)


@pytest.mark.parametrize("turn", range(sample_class.PLAN["misconception"]))
def test_each_misconception_is_named(made, asked, turn):
    sample = [sample for sample in made if sample.kind == "misconception"][turn]
    reports = verdict_on(sample, asked).reports
    named = [f"{report.misconception} in {name}" for name, report in reports.items() if not report.passed]
    assert ", ".join(named) == sample.about


def test_the_class_has_every_misconception(made):
    handed_in = [about for sample in made if sample.kind == "misconception" for about in sample.about.split(", ")]
    assert sorted(handed_in) == sorted(f"{m.name} in {m.check}" for m in misconceptions.of(UNIT))


def test_noise_warns_and_deserves_all(made, asked):
    sample = next(sample for sample in made if sample.kind == "noisy")
    with pytest.warns(UserWarning, match="slow on my laptop"):
        assert verdict_on(sample, asked).points == sum(paper.check.points for paper in asked)


def test_what_goes_wrong_with_files(made):
    texts = {sample.kind: sample.text for sample in made}
    assert nbformat.reads(texts["empty"], as_version=4).cells == []
    with pytest.raises(nbformat.reader.NotJSONError):
        nbformat.reads(texts["broken"], as_version=4)
    assert texts["renamed"] == texts["right"] == texts["late"]


def test_stock_nbgrader_can_grade_a_readable_class(course):
    kinds = Counter(sample.kind for sample in sample_class.samples(course, readable=True))
    assert kinds == {**dict.fromkeys(sample_class.PLAN.keys() - sample_class.UNREADABLE, 0), **kinds}
    assert kinds["right"] == sample_class.PLAN["right"] + 3
    assert sum(kinds.values()) == 30


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "mine").write_text("keep me")
    words = [sys.executable, "-m", "tools.samples", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=sample_class.ROOT, check=False)
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


@pytest.mark.sandbox
@pytest.mark.long
def test_the_small_class_is_graded_with_table_and_report(tmp_path):
    words = [sys.executable, "-m", "tools.samples", "--small", "--grade", str(tmp_path / "course")]
    done = subprocess.run(words, capture_output=True, text=True, cwd=sample_class.ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(student in done.stdout for student in sample_class.STUDENTS)
    assert Path(tmp_path, "course", "autograded", "abena", UNIT, f"{UNIT}.ipynb").exists()

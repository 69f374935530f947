"""Releases: grading takes what was kept, and nothing is given out that no build has made."""

import json
import shutil
import stat

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.book.gradebook import quiet
from autograder.book.registration import register
from autograder.errors import ReleaseError
from autograder.intake import clean
from autograder.release import pristine, releases
from autograder.release.roles import grade_id
from autograder.report import similar
from course_lib.errors import DataMissing
from tools.samples.small_course import UNIT, make_course

ANSWER = "def box_iou(boxes1, boxes2):\n    return 'the instructor has solved it'"


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path / "course", written=True)


@pytest.fixture
def book(course):
    return f"sqlite:///{course / 'gradebook.db'}"


def change(course, name="box_iou", source=ANSWER, **parts):
    """Change one cell of the exercise and save it, as somebody does who tries it out."""
    path = releases.working(UNIT, course)
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if grade_id(cell) == name)
    cell.source = source or cell.source
    cell.update(parts)
    nbformat.write(notebook, path)


def kept(course):
    return sorted((course / "releases" / UNIT).glob("*.ipynb"))


def source_of(notebook, name):
    return next(cell.source for cell in notebook.cells if grade_id(cell) == name)


def test_the_id_is_a_digest_of_the_text(course):
    notebook = releases.built(UNIT, course)
    assert pristine.identity(notebook) == releases.release_of(notebook)
    for number in range(len(notebook.cells)):
        other = nbformat.reads(nbformat.writes(notebook), as_version=4)
        other.cells[number].source += " "
        assert pristine.identity(other) != releases.release_of(notebook)


def test_what_a_browser_writes_otherwise_is_no_change(course):
    path = releases.working(UNIT, course)
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        if "points" in cell["metadata"].get("nbgrader", {}):
            cell["metadata"]["nbgrader"]["points"] = int(cell["metadata"]["nbgrader"]["points"])
        cell["source"] = "".join(cell["source"])
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.13.1"}
    path.write_text(json.dumps(notebook, indent=4))
    assert releases.changed(UNIT, course) == ""


@pytest.mark.parametrize("built_before", [True, False])
def test_an_exercise_that_somebody_solved_is_not_given_out(course, book, built_before):
    if built_before:
        quiet(register)(UNIT, course, book)
    change(course)
    what = "changed cells: box_iou" if built_before else "its text was changed"
    with pytest.raises(ReleaseError, match=rf"cannot be given out(.|\n)*{what}(.|\n)*try: `(cp|git checkout)"):
        quiet(register)(UNIT, course, book)
    assert len(kept(course)) == built_before


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"outputs": [nbformat.v4.new_output("stream", text="0.5")]}, "outputs"),
        ({"execution_count": 3}, "outputs"),
        ({"attachments": {"a.png": {"image/png": "AAAA"}}}, "attached"),
    ],
)
def test_an_exercise_that_was_run_is_not_given_out(course, parts, what):
    change(course, source="", **parts)
    with pytest.raises(ReleaseError, match=what):
        releases.keep(UNIT, course)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', "\0\1"])
def test_an_exercise_that_nobody_can_read_is_not_given_out(course, text):
    releases.working(UNIT, course).write_text(text)
    with pytest.raises(ReleaseError, match="no notebook can be read"):
        releases.keep(UNIT, course)


def test_added_and_removed_cells_are_named(course):
    releases.keep(UNIT, course)
    path = releases.working(UNIT, course)
    notebook = nbformat.read(path, as_version=4)
    place = next(number for number, cell in enumerate(notebook.cells) if grade_id(cell) == "check_box_iou")
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell("1"))
    del notebook.cells[-1]
    nbformat.write(notebook, path)
    assert releases.changed(UNIT, course).endswith("changed cells: one behind check_box_iou, 1 removed")


def test_the_way_back_works(course):
    releases.keep(UNIT, course)
    change(course)
    with pytest.raises(ReleaseError) as error:
        releases.built(UNIT, course)
    _, source, target = str(error.value).split("`")[1].split()
    shutil.copyfile(course / source, course / target)
    assert releases.changed(UNIT, course) == ""


def hand_in(course, student, files):
    folder = course / "submitted" / student / UNIT
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("files", [{}, {"answers.py": "print(1)"}, {f"{UNIT}.ipynb": "released"}])
def test_nobody_is_graded_by_an_instructors_own_answer(course, files):
    releases.keep(UNIT, course)
    text = releases.working(UNIT, course).read_text()
    folder = hand_in(course, "ada", {name: text if inside == "released" else inside for name, inside in files.items()})
    change(course)
    assert "changed cells: box_iou. It is graded by releases/" in releases.settle(UNIT, course)
    clean.take_in(folder, course / "clean" / "ada" / UNIT, UNIT, course)
    taken, _ = clean.clean_copy(course / "clean", "ada", UNIT)
    assert "NotImplementedError" in source_of(taken, "box_iou")


def test_an_instructors_own_answer_hides_no_likeness(course):
    releases.keep(UNIT, course)
    change(course)
    assert ANSWER not in similar.released_sources(UNIT, course)
    assert any("def box_iou" in source for source in similar.released_sources(UNIT, course))


def test_a_release_is_kept_read_only_and_a_changed_one_is_noticed(course):
    releases.settle(UNIT, course)
    (path,) = kept(course)
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    path.chmod(0o644)
    whole = path.read_text()
    for text in (whole.replace("Intersection", "Intersektion"), whole[:999], "{}"):
        assert text != whole
        path.write_text(text)
        with pytest.raises(ReleaseError, match=r"kept release .* was changed(.|\n)*restore it from a backup"):
            releases.settle(UNIT, course)
        with pytest.raises(ReleaseError, match="was changed"):
            releases.find(UNIT, course, path.stem)


def test_a_clone_without_releases_begins_with_the_exercise_as_it_was_built(course):
    assert releases.settle(UNIT, course) == ""
    assert [path.stem for path in kept(course)] == [releases.release_of(releases.built(UNIT, course))]
    shutil.rmtree(course / "releases")
    releases.settle(UNIT, course)
    assert len(kept(course)) == 1


def test_without_any_release_the_way_out_is_said(course):
    releases.keep(UNIT, course)
    shutil.rmtree(course / "releases")
    change(course)
    with pytest.raises(ReleaseError, match=r"no release of 02_rcnn to grade by(.|\n)*not as it was built(.|\n)*backup"):
        releases.settle(UNIT, course)
    releases.working(UNIT, course).unlink()
    with pytest.raises(ReleaseError, match=r"is not there(.|\n)*git checkout"):
        releases.settle(UNIT, course)
    with pytest.raises(DataMissing, match="git checkout"):
        releases.keep(UNIT, course)


def test_a_kept_release_is_enough(course):
    name = releases.keep(UNIT, course)
    shutil.rmtree(course / "exercises")
    assert releases.settle(UNIT, course) == ""
    assert releases.release_of(releases.present(UNIT, course)) == name


def rebuilt(course, word):
    """Another build of the exercise, with a word in a locked cell. Returns its id."""
    path = releases.working(UNIT, course)
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if grade_id(cell) == "check_nms").source += f"  # {word}"
    notebook.metadata.course.release = pristine.identity(notebook)
    nbformat.write(notebook, path)
    return notebook.metadata.course.release


def test_each_submission_is_graded_by_its_own_release(course):
    first = releases.keep(UNIT, course)
    second = rebuilt(course, "second")
    releases.settle(UNIT, course)
    assert {path.stem for path in kept(course)} == {first, second}
    for name, there in ((first, False), (second, True)):
        found, note = releases.find(UNIT, course, name)
        assert ("# second" in source_of(found, "check_nms"), note) == (there, "")
    found, note = releases.find(UNIT, course, "")
    assert releases.release_of(found) == second
    assert "does not say which release" in note
    assert "release 0123456789abcdef, from which" in releases.find(UNIT, course, "0123456789abcdef")[1]
    assert "does not say" in releases.find(UNIT, course, "<b>")[1]


def test_marking_schemes_come_from_the_source_and_no_notebook_of_the_solution_is_needed(course, book):
    (course / "solutions" / UNIT / f"{UNIT}.ipynb").unlink()
    quiet(register)(UNIT, course, book)
    with Gradebook(book) as opened:
        cell = quiet(opened.find_source_cell)("written_1", UNIT, UNIT)
        assert "### BEGIN MARK SCHEME" in cell.source
    (path,) = kept(course)
    assert "MARK SCHEME" not in path.read_text()


def test_a_source_with_another_number_of_questions_is_refused(course, book):
    source = course / "solutions" / UNIT / f"{UNIT}.py"
    source.write_text(source.read_text().replace('tags=["written"]', ""))
    with pytest.raises(ReleaseError, match="1 in the exercise, 0 in"):
        quiet(register)(UNIT, course, book)


def test_cells_that_the_gradebook_cannot_take_any_more_are_one_sentence(course, book):
    quiet(register)(UNIT, course, book)
    with Gradebook(book) as opened:
        quiet(opened.add_student)("ada")
        quiet(opened.add_submission)(UNIT, "ada")
    path = releases.working(UNIT, course)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) != "check_nms"]
    notebook.metadata.course.release = pristine.identity(notebook)
    nbformat.write(notebook, path)
    with pytest.raises(ReleaseError, match="other graded cells than the release by which"):
        quiet(register)(UNIT, course, book)
    assert len(kept(course)) == 1

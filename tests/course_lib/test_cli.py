import re
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.reference import definitions
from course_lib.checks import rcnn
from course_lib.cli import app
from course_lib.errors import SettingsError
from course_lib.units import UNITS

BOX_IOU = """
import torch

def box_iou(boxes1, boxes2):
    low = torch.maximum(boxes1[:, None, :2], boxes2[:, :2])
    high = torch.minimum(boxes1[:, None, 2:], boxes2[:, 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    area = lambda boxes: (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    return inter / (area(boxes1)[:, None] + area(boxes2) - inter)
"""


@pytest.fixture
def course(settings_from):
    """Runs `course …` with the given environment: `course("doctor", COURSE_PROFILE="full")`."""

    def call(*arguments, **variables):
        with suppress(SettingsError):  # what a command says to wrong settings is tested here
            settings_from(**variables)
        return CliRunner(env={"COLUMNS": "400"}).invoke(app, [str(argument) for argument in arguments])

    return call


def test_doctor_shows_versions_machine_data_and_profiles(course, tmp_path):
    result = course("doctor")
    assert result.exit_code == 0
    for word in (
        "torch",
        "Python",
        "memory",
        "GPU",
        "cache",
        str(tmp_path / "cache"),
        "PASCAL VOC 2007",
        "course data",
    ):
        assert word in result.output
    assert re.search(r"threads +\d+: .+", result.output)
    assert "mini *" in result.output
    assert "needs its data first" in result.output


def test_doctor_counts_the_images_it_finds(course, test_data):
    asked = {"COURSE_PROFILE": "full", "COURSE_BACKBONE": "resnet50", "COURSE_VOC_YEAR": 2012, "COURSE_LIMIT": 5}
    found = course("doctor", **asked, COURSE_DATA=test_data).output
    assert "train (57 images), val (18 images), trainval (75 images)" in found
    assert "full *" in found
    assert "PASCAL VOC 2012, at most 5 images" in found
    assert "ready; backbone resnet50" in found


def test_list_shows_each_unit_with_its_functions_points_and_minutes(course):
    lines = course("list").output.splitlines()
    assert [line.split() for line in lines] == [
        ["unit", "title", "to", "write", "points", "minutes"],
        *(
            [unit.id, *unit.title.split(), *", ".join(unit.functions).split(), f"{unit.points:g}"]
            + [str(unit.minutes[0]), "+", str(unit.minutes[1])]
            for unit in UNITS
        ),
    ]


def test_list_fits_a_narrow_terminal_without_cutting_a_name():
    shown = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["list"]).output
    assert max(map(len, shown.splitlines())) <= 80
    assert {name for unit in UNITS for name in unit.functions} <= set(re.findall(r"\w+", shown))


@pytest.mark.parametrize("arguments", [["doctor"], ["data", "voc"]])
def test_a_named_error_is_one_readable_message_and_status_1(course, arguments):
    result = course(*arguments, COURSE_PROFILE="tiny")
    assert result.exit_code == 1
    assert result.stderr.startswith("SettingsError: The environment variable COURSE_PROFILE")
    assert "mini or full" in result.stderr
    assert "Traceback" not in result.output


def test_data_says_where_the_set_is(course, monkeypatch, tmp_path):
    monkeypatch.setattr("course_lib.data.voc.download_voc", lambda year, split: tmp_path / f"{year}-{split}")
    result = course("data", "voc", "--year", "2012", "--split", "val")
    assert result.output.strip() == f"PASCAL VOC 2012 is in {tmp_path / '2012-val'}"


def test_caltech_256_is_fetched_or_the_reason_said(course, monkeypatch, tmp_path):
    def refuse(root, download):
        raise OSError("no network")

    monkeypatch.setattr("torchvision.datasets.Caltech256", refuse)
    result = course("data", "caltech256", COURSE_DATA=tmp_path)
    assert (result.exit_code, "no network" in result.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []

    def unpack(root, download):
        (Path(root) / "caltech256" / "256_ObjectCategories" / "001.ak47").mkdir(parents=True)

    monkeypatch.setattr("torchvision.datasets.Caltech256", unpack)
    result = course("data", "caltech256", COURSE_DATA=tmp_path)
    assert result.output.strip() == f"Caltech-256 is in {tmp_path / 'caltech256' / '256_ObjectCategories'}"
    assert [path.name for path in tmp_path.rglob("001.*")] == ["001.ak47"]
    assert "found (1 folders)" in course("doctor", COURSE_DATA=tmp_path).output


def test_lfw_is_fetched_or_the_reason_said(course, monkeypatch, tmp_path):
    def refuse(**_):
        raise OSError("no network")

    monkeypatch.setattr("sklearn.datasets.fetch_lfw_people", refuse)
    result = course("data", "lfw", COURSE_DATA=tmp_path)
    assert (result.exit_code, "no network" in result.stderr) == (1, True)
    assert "get it with: course data lfw" in course("doctor", COURSE_DATA=tmp_path).output
    (tmp_path / "lfw_home" / "lfw_funneled" / "Abel_Pacheco").mkdir(parents=True)
    result = course("data", "lfw", COURSE_DATA=tmp_path)
    assert result.output.strip() == f"Labeled Faces in the Wild is in {tmp_path / 'lfw_home' / 'lfw_funneled'}"
    assert "found (1 persons)" in course("doctor", COURSE_DATA=tmp_path).output


def test_a_folder_without_a_class_is_no_caltech_256(course, monkeypatch, tmp_path):
    def unpack(root, download):
        (Path(root) / "caltech256" / "256_ObjectCategories" / "001.ak47").mkdir(parents=True)

    monkeypatch.setattr("torchvision.datasets.Caltech256", unpack)
    left = tmp_path / "caltech256" / "256_ObjectCategories" / ".ipynb_checkpoints"
    left.mkdir(parents=True)
    assert "get it with: course data caltech256" in course("doctor", COURSE_DATA=tmp_path).output
    course("data", "caltech256", COURSE_DATA=tmp_path)
    assert [path.name for path in left.parent.iterdir()] == ["001.ak47"]
    assert list(tmp_path.glob(".caltech-*")) == []


def test_words_are_fetched_and_their_places_said(course, monkeypatch, tmp_path):
    monkeypatch.setattr("course_lib.data.words.download_words", lambda: (tmp_path / "vectors", tmp_path / "questions"))
    shown = course("data", "words").output.strip()
    assert shown == f"GloVe 6B is in {tmp_path / 'vectors'}, Google's questions in {tmp_path / 'questions'}"


def test_text8_is_fetched_and_its_place_said(course, monkeypatch, tmp_path):
    monkeypatch.setattr("course_lib.data.text8.download_text8", lambda: tmp_path / "text8")
    assert course("data", "text8").output.strip() == f"text8 is in {tmp_path / 'text8'}"


def test_doctor_finds_text8(course, tmp_path):
    assert "get it with: course data text8" in course("doctor", COURSE_DATA=tmp_path).output
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "text8").touch()
    assert re.search(r"text8 +found", course("doctor", COURSE_DATA=tmp_path).output)


def test_doctor_finds_the_words(course, test_data):
    assert "get all with: course data words" in course("doctor").output
    assert re.search(r"GloVe 6B +found", course("doctor", COURSE_DATA=test_data).output)


@pytest.mark.parametrize("option", [["--year", "1999"], ["--split", "holiday"]])
def test_data_refuses_what_voc_does_not_have(course, option):
    assert course("data", "voc", *option).exit_code == 2


def test_check_passes_what_is_right_and_lists_what_is_not_there(course, tmp_path):
    (tmp_path / "answers.py").write_text(BOX_IOU)
    result = course("check", "rcnn", tmp_path / "answers.py")
    assert "box_iou: all" in result.output
    assert "not defined in answers.py: nms, " in result.output
    assert result.output.strip().endswith(f"1 of {len(rcnn.CHECKS) - 1} checks pass")
    assert result.exit_code == 1


def test_check_explains_what_is_wrong(course, tmp_path):
    (tmp_path / "answers.py").write_text(BOX_IOU.replace(".clamp(min=0)", ""))
    result = course("check", "02_rcnn", tmp_path / "answers.py")
    assert "box_iou: " in result.output
    assert "first to mend" in result.output
    assert result.exit_code == 1


def test_check_passes_the_whole_solution(course, tmp_path):
    """The solution's definitions, taken from its text without the experiment."""
    (tmp_path / "answers.py").write_text("\n".join(definitions("02_rcnn").values()))
    result = course("check", "rcnn", tmp_path / "answers.py")
    asked = len(rcnn.CHECKS) - 1
    assert result.output.strip().endswith(f"{asked} of {asked} checks pass")
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("none.py", None, "The answers cannot be read"),
        ("answers.txt", "x = 1", "The answers cannot be read"),
        ("answers.ipynb", "{}", "run the notebook's own checks"),
        ("answers.py", "def f(:", "answers.py does not run"),
        ("answers.py", "import sys; sys.exit(0)", "SystemExit"),
        ("answers.py", "1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_check_names_a_file_that_it_cannot_use(course, tmp_path, name, text, told):
    if text is not None:
        (tmp_path / name).write_text(text)
    result = course("check", "rcnn", tmp_path / name)
    assert told in result.stderr
    assert result.exit_code == 1


def test_check_finds_a_files_neighbours_behind_the_libraries(course, tmp_path):
    (tmp_path / "areas_of_mine.py").write_text("def clamped(sides):\n    return sides.clamp(min=0)")
    (tmp_path / "torch.py").write_text("raise SystemExit")
    late = BOX_IOU.replace("    inter = ", "    from areas_of_mine import clamped\n    inter = ")
    (tmp_path / "answers.py").write_text(late.replace("(high - low).clamp(min=0)", "clamped(high - low)"))
    result = course("check", "rcnn", tmp_path / "answers.py")
    assert "box_iou: all" in result.output
    assert str(tmp_path) not in sys.path


def test_check_names_the_units_that_there_are(course, tmp_path):
    result = course("check", "99_magic", tmp_path / "answers.py")
    assert result.exit_code == 1
    assert "expected: " in result.stderr
    assert "rcnn" in result.stderr

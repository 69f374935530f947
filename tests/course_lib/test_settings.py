import io
import re
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
import torch

import course_lib.settings
from course_lib.errors import CourseError, SettingsError
from course_lib.settings import settings


def test_without_variables_the_course_runs_mini_on_the_cpu(settings_from, tmp_path):
    found = settings_from()
    assert (found.profile, found.device, found.backbone, found.limit, found.seed) == ("mini", "cpu", "small", None, 0)
    assert found.cache == tmp_path / "cache"
    assert found.data == tmp_path / "cache" / "data"
    assert (found.voc_year, found.detection, found.classification, found.figures) == (2007, None, None, None)


def test_full_takes_a_gpu_where_there_is_one(settings_from):
    assert settings_from(COURSE_PROFILE="full").device == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.fixture
def server(monkeypatch, tmp_path):
    """Decides whether torchvision's server can be reached, and gives PyTorch an empty cache: `server(answers=True)`."""

    def decide(answers):
        def connect(address, timeout):
            if not answers:
                raise OSError("no network")
            return io.BytesIO()

        monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
        monkeypatch.setattr(course_lib.settings.socket, "create_connection", connect)

    return decide


def test_full_takes_the_papers_backbone_where_its_server_answers(settings_from, server, capsys):
    server(answers=True)
    assert settings_from(COURSE_PROFILE="full").backbone == "resnet50"
    assert capsys.readouterr().err == ""


def test_full_takes_the_papers_backbone_where_its_weights_lie_here(settings_from, server, tmp_path):
    server(answers=False)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "resnet50-11ad3fa6.pth").touch()
    assert settings_from(COURSE_PROFILE="full").backbone == "resnet50"


def test_full_takes_lite0_without_either_and_says_so(settings_from, server, capsys):
    server(answers=False)
    assert settings_from(COURSE_PROFILE="full").backbone == "lite0"
    assert "the backbone is lite0" in capsys.readouterr().err


def test_who_asks_for_a_backbone_gets_it_without_a_look_at_the_network(settings_from, server, capsys):
    server(answers=False)
    assert settings_from(COURSE_PROFILE="full", COURSE_BACKBONE="resnet50").backbone == "resnet50"
    assert capsys.readouterr().err == ""


def test_mini_has_one_backbone_and_says_which_profile_has_more(settings_from):
    with pytest.raises(SettingsError, match=r"small; with COURSE_PROFILE=full also lite0, resnet18.*\n.*'lite0'"):
        settings_from(COURSE_BACKBONE="lite0")


def test_every_variable_is_read(settings_from, tmp_path):
    found = settings_from(
        COURSE_PROFILE="full",
        COURSE_DEVICE="cpu",
        COURSE_BACKBONE="small",
        COURSE_LIMIT="16",
        COURSE_THREADS="3",
        COURSE_DATA=tmp_path / "sets",
        COURSE_VOC_YEAR="2012",
        COURSE_DETECTION="BCCD",
        COURSE_SEGMENTATION="CamVid",
        COURSE_CLASSIFICATION="hymenoptera_data/train",
        COURSE_SEED="7",
        COURSE_FIGURES=tmp_path / "figures.jsonl",
    )
    assert (found.profile, found.device, found.backbone, found.limit, found.seed) == ("full", "cpu", "small", 16, 7)
    assert found.data == tmp_path / "sets"
    assert found.threads == 3
    assert (found.voc_year, found.detection, found.classification) == (2012, "BCCD", "hymenoptera_data/train")
    assert found.segmentation == "CamVid"
    assert found.figures == tmp_path / "figures.jsonl"


def test_settings_are_frozen_and_read_once(settings_from, monkeypatch):
    found = settings_from()
    with pytest.raises(FrozenInstanceError):
        found.profile = "full"
    monkeypatch.setenv("COURSE_PROFILE", "full")
    assert settings().profile == "mini"
    settings.cache_clear()
    assert settings().profile == "full"


def test_a_tilde_in_a_folder_means_home(settings_from, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings_from(COURSE_DATA="~/voc").data == tmp_path / "voc"


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("COURSE_PROFILE", "tiny", "mini or full"),
        ("COURSE_PROFILE", "Full", "mini or full"),
        ("COURSE_BACKBONE", "vgg16", "small; with COURSE_PROFILE=full also lite0, resnet18"),
        ("COURSE_LIMIT", "many", "a whole number, at least 1"),
        ("COURSE_LIMIT", "0", "a whole number, at least 1"),
        ("COURSE_LIMIT", "-3", "a whole number, at least 1"),
        ("COURSE_LIMIT", "²", "a whole number, at least 1"),
        ("COURSE_THREADS", "0", "a whole number, at least 1"),
        ("COURSE_THREADS", "all", "a whole number, at least 1"),
        ("COURSE_SEED", "1.5", "a whole number, at least 0"),
        ("COURSE_DEVICE", "tpu9", "cpu"),
        ("COURSE_DEVICE", "cuda:99", "cpu"),
        ("COURSE_VOC_YEAR", "2013", "2007 or 2008"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable_and_what_is_allowed(settings_from, variable, value, allowed):
    with pytest.raises(SettingsError) as error:
        settings_from(**{variable: value})
    message = str(error.value)
    assert variable in message
    assert repr(value) in message
    assert allowed in message
    assert f"unset {variable}" in message


def test_all_variables_are_read_once(settings_from, monkeypatch):
    found = settings_from()
    for name in (
        "COURSE_VOC_YEAR",
        "COURSE_DETECTION",
        "COURSE_SEGMENTATION",
        "COURSE_CLASSIFICATION",
        "COURSE_FIGURES",
    ):
        monkeypatch.setenv(name, "2012")
    assert settings() == found


def test_the_table_lists_each_variable_that_is_read():
    source = Path(course_lib.settings.__file__).read_text()
    listed = re.findall(r"^(COURSE_[A-Z_]+) ", course_lib.settings.__doc__, re.MULTILINE)
    assert sorted(listed) == sorted(set(re.findall(r'"(COURSE_[A-Z_]+)"', source)))
    assert len(listed) == len(fields(course_lib.settings.Settings))


def test_no_other_module_reads_the_environment_of_the_course():
    """Others may set a variable's name into a text; who looks it up goes through `settings`."""
    folder = Path(course_lib.__file__).parent
    reading = re.compile(r"""(environ|getenv)\W[^\n]*["']COURSE_|["']COURSE_[A-Z_]+["'] (not )?in os\.environ""")
    found = {str(path.relative_to(folder)) for path in folder.rglob("*.py") if reading.search(path.read_text())}
    assert found == set()
    taking = {path.name for path in folder.rglob("*.py") if "unchecked(" in path.read_text()}
    assert taking == {"settings.py", "threads.py"}


def test_an_error_has_a_line_for_what_it_was_told_and_none_for_the_rest():
    assert str(CourseError("No.", expected="a", got="b", advice="c")) == "No.\n  expected: a\n  got: b\n  try: c"
    assert str(CourseError("No.", advice="c")) == "No.\n  try: c"

from dataclasses import FrozenInstanceError

import pytest
import torch

from course_lib.errors import CourseError, SettingsError
from course_lib.settings import settings, voc_year


def test_without_variables_the_course_runs_mini_on_the_cpu(settings_from, tmp_path):
    found = settings_from()
    assert (found.profile, found.device, found.backbone, found.limit, found.seed) == ("mini", "cpu", "small", None, 0)
    assert found.cache == tmp_path / "cache"
    assert found.data == tmp_path / "cache" / "data"


def test_full_takes_the_papers_backbone_and_a_gpu_where_there_is_one(settings_from):
    found = settings_from(COURSE_PROFILE="full")
    assert found.backbone == "resnet50"
    assert found.device == ("cuda" if torch.cuda.is_available() else "cpu")


def test_every_variable_is_read(settings_from, tmp_path):
    found = settings_from(
        COURSE_PROFILE="full",
        COURSE_DEVICE="cpu",
        COURSE_BACKBONE="small",
        COURSE_LIMIT="16",
        COURSE_THREADS="3",
        COURSE_DATA=tmp_path / "sets",
        COURSE_SEED="7",
    )
    assert (found.profile, found.device, found.backbone, found.limit, found.seed) == ("full", "cpu", "small", 16, 7)
    assert found.data == tmp_path / "sets"
    assert found.threads == 3


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
        ("COURSE_BACKBONE", "vgg16", "small or resnet18"),
        ("COURSE_LIMIT", "many", "a whole number, at least 1"),
        ("COURSE_LIMIT", "0", "a whole number, at least 1"),
        ("COURSE_LIMIT", "-3", "a whole number, at least 1"),
        ("COURSE_LIMIT", "²", "a whole number, at least 1"),
        ("COURSE_THREADS", "0", "a whole number, at least 1"),
        ("COURSE_THREADS", "all", "a whole number, at least 1"),
        ("COURSE_SEED", "1.5", "a whole number, at least 0"),
        ("COURSE_DEVICE", "tpu9", "cpu"),
        ("COURSE_DEVICE", "cuda:99", "cpu"),
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


def test_the_year_of_voc_is_a_setting(settings_from, monkeypatch):
    settings_from()
    assert voc_year() == "2007"
    monkeypatch.setenv("COURSE_VOC_YEAR", "2012")
    assert voc_year() == "2012"
    monkeypatch.setenv("COURSE_VOC_YEAR", "2013")
    with pytest.raises(SettingsError, match=r"COURSE_VOC_YEAR.*\n.*2007 or 2008"):
        voc_year()


def test_an_error_has_a_line_for_what_it_was_told_and_none_for_the_rest():
    assert str(CourseError("No.", expected="a", got="b", advice="c")) == "No.\n  expected: a\n  got: b\n  try: c"
    assert str(CourseError("No.", advice="c")) == "No.\n  try: c"

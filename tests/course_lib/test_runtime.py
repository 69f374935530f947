from types import SimpleNamespace

import pytest
import torch

from course_lib import runtime
from course_lib.settings import settings

T4 = SimpleNamespace(name="Tesla T4", total_memory=15_828_320_256)


@pytest.fixture
def machine(monkeypatch):
    """Says whether this machine has a GPU, and sets what the environment says."""

    def make(gpus=0, **variables):
        for name in (*runtime.PLACES, "COURSE_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: T4)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    return make


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({}, "this machine"),
        ({"COLAB_RELEASE_TAG": "release-colab"}, "Google Colab"),
        ({"JUPYTERHUB_USER": "ada"}, "JupyterHub"),
        ({"JUPYTERHUB_USER": "ada", "BINDER_LAUNCH_HOST": "https://mybinder.org/"}, "Binder"),
    ],
)
def test_the_place_is_known_by_what_it_sets(machine, variables, place):
    machine(**variables)
    assert runtime.place() == place
    assert runtime.greeting().startswith(f"The course runs on {place}, without a GPU.")


@pytest.mark.parametrize(
    ("gpus", "profile", "said"),
    [
        (0, "mini", "Nothing in the profile mini is slower for it; trainings in COURSE_PROFILE=full would be."),
        (0, "full", "Slower here: every training of the profile full, which is made for a GPU."),
        (
            1,
            "mini",
            "needs none; for the papers' data: %env COURSE_PROFILE=full in a cell above this one, then restart",
        ),
        (1, "full", "GPU Tesla T4, 15.8 GB. The profile full trains on it."),
    ],
)
def test_it_says_what_a_gpu_would_change(machine, gpus, profile, said):
    machine(gpus, COURSE_PROFILE=profile)
    assert said in runtime.greeting()


def test_every_gpu_is_named(machine):
    machine(gpus=2)
    assert runtime.gpus() == ["Tesla T4, 15.8 GB"] * 2
    assert "GPU Tesla T4, 15.8 GB; Tesla T4, 15.8 GB" in runtime.greeting()


def test_the_settings_are_still_to_be_chosen_after_it(machine, settings_from):
    settings_from()
    settings.cache_clear()
    machine()
    runtime.greeting()
    assert settings.cache_info().currsize == 0

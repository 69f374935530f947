"""Each Debian package of apt.txt is there, and JupyterHub's proxy; otherwise a test fails with the command for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

APT = (Path(__file__).parents[2] / "apt.txt").read_text().split()
MARKERS = {"bubblewrap": "sandbox", "chromium": "browser", "postgresql": "postgres"}
PROXY = "configurable-http-proxy"
FIRST = "test_the_debian_package_is_installed"


@pytest.mark.parametrize(
    "package", [pytest.param(name, marks=getattr(pytest.mark, MARKERS[name])) for name in APT], ids=APT
)
def test_the_debian_package_is_installed(package, program):
    if program(MARKERS[package]) is None:
        pytest.fail(
            f"{package} is missing: sudo apt-get install {package} (or COURSE_SKIP={MARKERS[package]})", pytrace=False
        )


@pytest.mark.hub
def test_the_proxy_of_jupyterhub_is_installed(program):
    if program("hub") is None:
        pytest.fail(
            f"{PROXY} is missing: make proxy, which needs npm: sudo apt-get install npm (or COURSE_SKIP=hub)",
            pytrace=False,
        )


def test_apt_txt_names_each_package_that_tests_look_for(packages):
    assert {package: marker for marker, (package, _) in packages.items()} == MARKERS | {PROXY: "hub"}
    assert sorted(MARKERS) == sorted(APT)


def run_again(test: str = FIRST, **environment: str) -> str:
    """What pytest prints when a test of this file runs in another environment."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"{__file__}::{test}"]
    result = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


def test_a_missing_package_fails_with_the_command_that_installs_it(tmp_path):
    assert "chromium is missing: sudo apt-get install chromium" in run_again(PATH=str(tmp_path), COURSE_SKIP="")


def test_what_course_skip_leaves_out_is_counted():
    assert "left out by COURSE_SKIP: 1 browser" in run_again(COURSE_SKIP="browser,postgres")


def test_course_skip_knows_its_names():
    assert "COURSE_SKIP names no marker of these tests: brwser" in run_again(COURSE_SKIP="brwser")

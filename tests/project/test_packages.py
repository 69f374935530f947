"""Each Debian package of apt.txt is there; otherwise its test fails with the command that installs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

APT = (Path(__file__).parents[2] / "apt.txt").read_text().split()
MARKERS = {"bubblewrap": "sandbox", "chromium": "browser", "postgresql": "postgres"}
FIRST = "test_the_debian_package_is_installed"


@pytest.mark.parametrize(
    "package", [pytest.param(name, marks=getattr(pytest.mark, MARKERS[name])) for name in APT], ids=APT
)
def test_the_debian_package_is_installed(package, program):
    if program(MARKERS[package]) is None:
        pytest.fail(
            f"{package} is missing: sudo apt-get install {package} (or COURSE_SKIP={MARKERS[package]})", pytrace=False
        )


def test_apt_txt_names_each_package_that_tests_look_for(packages):
    assert {package: marker for marker, (package, _) in packages.items()} == MARKERS
    assert sorted(MARKERS) == sorted(APT)


def run_again(**environment: str) -> str:
    """What pytest prints when the first test runs in another environment."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"{__file__}::{FIRST}"]
    result = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


def test_a_missing_package_fails_with_the_command_that_installs_it(tmp_path):
    assert "chromium is missing: sudo apt-get install chromium" in run_again(PATH=str(tmp_path), COURSE_SKIP="")


def test_what_course_skip_leaves_out_is_counted():
    assert "left out by COURSE_SKIP: 1 browser" in run_again(COURSE_SKIP="browser,postgres")


def test_course_skip_knows_its_names():
    assert "COURSE_SKIP names no marker of these tests: brwser" in run_again(COURSE_SKIP="brwser")

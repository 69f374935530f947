"""Each Debian package of apt.txt is there; otherwise its test fails with the command that installs it."""

from pathlib import Path

import pytest
from conftest import PACKAGES

APT = (Path(__file__).parents[1] / "apt.txt").read_text().split()
MARKERS = {package: marker for marker, (package, _) in PACKAGES.items()}


@pytest.mark.parametrize(
    "package", [pytest.param(name, marks=getattr(pytest.mark, MARKERS[name])) for name in APT], ids=APT
)
def test_the_debian_package_is_installed(package, program):
    if program(MARKERS[package]) is None:
        pytest.fail(
            f"{package} is missing: sudo apt-get install {package} (or COURSE_SKIP={MARKERS[package]})", pytrace=False
        )


def test_every_marker_with_a_package_is_in_apt_txt():
    assert sorted(MARKERS) == sorted(APT)

"""Each Debian package of apt.txt is there; otherwise its test fails with the command that installs it."""

from pathlib import Path

import pytest

APT = (Path(__file__).parents[1] / "apt.txt").read_text().split()
MARKERS = {"bubblewrap": "sandbox", "chromium": "browser", "postgresql": "postgres"}


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

"""Fixtures of all tests, and the rule that nothing is skipped silently.

Real samples lie in COURSE_TEST_DATA, by default ../shared/data beside the checkout. A Debian package that is missing,
or JupyterHub's proxy, fails one test, which prints the command that installs it (test_packages.py); the tests that need
it are then skipped. COURSE_SKIP=browser,postgres leaves out tests by their marker, and the summary counts them.
"""

import gc
import importlib
import os
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.helpers.typed import verify

verify("course_lib", "autograder")  # signatures: shapes and types of what goes in and comes out

ROOT = Path(__file__).resolve().parents[1]
importlib.import_module("course_lib")  # one thread for each test and for what it starts: course_lib/threads.py
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts behind an `&` would not hear Ctrl-C

POSTGRES = [str(path) for path in Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")]
PROXY = Path(sys.prefix) / "node_modules" / ".bin" / "configurable-http-proxy"
PACKAGES = {  # marker: package (Debian's, or npm's), the programs that show that it is there
    "browser": ("chromium", ["chromium", "chromium-browser"]),
    "hub": ("configurable-http-proxy", [str(PROXY), "configurable-http-proxy"]),
    "postgres": ("postgresql", ["pg_ctl", *POSTGRES]),
    "sandbox": ("bubblewrap", ["bwrap"]),
}


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real samples; skips, saying which folder was sought, where there is none."""
    folder = Path(os.environ.get("COURSE_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real samples: {folder} is not there (COURSE_TEST_DATA names their folder)")
    return folder.resolve()


@pytest.fixture
def settings_from(monkeypatch, tmp_path):
    """Sets the course's environment and returns the settings read from it: `settings_from(COURSE_PROFILE="full")`.

    The cache is a fresh folder; what the caller's own environment says about the course is hidden.
    """
    from course_lib.settings import settings

    for name in [name for name in os.environ if name.startswith("COURSE_") and name != "COURSE_TEST_DATA"]:
        monkeypatch.delenv(name)

    def read(**variables):
        for name, value in {"COURSE_CACHE": tmp_path / "cache", **variables}.items():
            monkeypatch.setenv(name, str(value))
        settings.cache_clear()
        return settings()

    yield read
    settings.cache_clear()


@pytest.fixture(scope="session")
def program():
    """The path of the program that a marker's tests start, or None: `program("browser")`."""
    return _program


@pytest.fixture(scope="session")
def packages():
    """The Debian package and its programs for each marker that needs one."""
    return PACKAGES


def pytest_configure(config):
    known = {line.split(":")[0] for line in config.getini("markers")}
    if unknown := [name for name in _left_out() if name not in known]:
        raise pytest.UsageError(f"COURSE_SKIP names no marker of these tests: {', '.join(unknown)}")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is imported to collect the tests stays to the end: nobody looks there for garbage."""
    from autograder.box.startup import uncollected, without_web_addresses

    without_web_addresses()
    with uncollected():
        return (yield)


def pytest_unconfigure():
    gc.unfreeze()  # or libraries would complain of what lives on at the end


def pytest_runtest_setup(item):
    markers = {marker.name for marker in item.iter_markers()}
    for name in _left_out():
        if name in markers:
            pytest.skip(f"COURSE_SKIP={name}")
    for name in markers & PACKAGES.keys():
        if _program(name) is None and item.path.name != "test_packages.py":
            pytest.skip(f"{PACKAGES[name][0]} is missing: test_packages.py fails for it and says how to install it")


def pytest_terminal_summary(terminalreporter):
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    counts = Counter(name for name in _left_out() for reason in reasons if f"COURSE_SKIP={name}'" in reason)
    if counts:
        told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        terminalreporter.write_line(f"left out by COURSE_SKIP: {told}")


def _left_out() -> list[str]:
    return [name for name in os.environ.get("COURSE_SKIP", "").split(",") if name]


def _program(marker: str) -> str | None:
    return next((path for name in PACKAGES[marker][1] if (path := shutil.which(name))), None)

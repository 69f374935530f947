"""Whatever holds of a box where the grader is root holds where it is a plain user."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.machine import mounted

pytestmark = [pytest.mark.sandbox, pytest.mark.long, pytest.mark.release]
AGAIN = "COURSE_BOX_TESTS_AGAIN"
NOBODY = "65534"


@pytest.mark.skipif(os.geteuid() != 0 or AGAIN in os.environ, reason="only root can become a plain user")
def test_all_of_this_holds_for_a_plain_user(root):
    words = mounted([Path(sys.base_prefix), Path(sys.prefix), root])
    words += ["--setenv", AGAIN, "1", "--setenv", "HOME", "/tmp"]
    words += ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", sys.executable, "-m", "pytest"]
    words += ["-q", "-p", "no:cacheprovider", *map(str, Path(__file__).parent.resolve().glob("test_box*.py"))]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert "1 skipped" in done.stdout

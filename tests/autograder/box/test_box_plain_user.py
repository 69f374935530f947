"""Whatever holds of a box where the grader is root holds where it is a plain user."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.sandbox, pytest.mark.long]
AGAIN = "COURSE_BOX_TESTS_AGAIN"
NOBODY = "65534"


@pytest.mark.skipif(os.geteuid() != 0 or AGAIN in os.environ, reason="only root can become a plain user")
def test_all_of_this_holds_for_a_plain_user(root):
    needed = [Path(sys.base_prefix), Path(sys.prefix), root]
    parents = {path: list(reversed(path.parents))[1:] for path in needed}
    closed = {path for paths in parents.values() for path in paths if not path.stat().st_mode & 0o001}
    covered = [*(path for path in sorted(closed) if not closed & set(path.parents)), Path("/tmp")]
    opened = [word for path in covered for word in ("--perms", "1777", "--tmpfs", str(path))]
    for path in needed:
        below = [parent for parent in parents[path] if set(parent.parents) & set(covered)]
        opened += [word for parent in below for word in ("--perms", "0755", "--dir", str(parent))]
        opened += ["--ro-bind", str(path), str(path)] if set(path.parents) & set(covered) else []
    words = [shutil.which("bwrap"), "--dev-bind", "/", "/", *opened]
    words += ["--cap-add", "ALL", "--die-with-parent", "--setenv", AGAIN, "1", "--setenv", "HOME", "/tmp"]
    words += ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", sys.executable, "-m", "pytest"]
    words += ["-q", "-p", "no:cacheprovider", *map(str, Path(__file__).parent.resolve().glob("test_box*.py"))]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert "1 skipped" in done.stdout

"""Where the public repository lies, and the addresses that open it elsewhere."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from autograder.errors import ReleaseError

SHORT = re.compile(r"(?:git@|ssh://git@|https?://)(?P<host>[\w.-]+)[:/](?P<path>[\w.-]+(?:/[\w.-]+)+)/?")
BINDER = {"github.com": "gh", "gitlab.com": "gl"}  # how mybinder.org calls these hosts


@dataclass(frozen=True)
class Address:
    """A repository and one version of it.

    Attributes:
        host: "github.com".
        path: "owner/name".
        ref: a branch, a tag or a commit.
    """

    host: str
    path: str
    ref: str

    @property
    def url(self) -> str:
        """For people and for git."""
        return f"https://{self.host}/{self.path}"

    @property
    def package(self) -> str:
        """What pip installs."""
        return f"git+{self.url}@{self.ref}"

    def binder(self, file: str) -> str:
        """Opens a file of the repository on Binder, in JupyterLab."""
        where = f"{BINDER[self.host]}/{self._quoted}" if self.host in BINDER else f"git/{quote(self.url, safe='')}"
        return f"https://mybinder.org/v2/{where}/{quote(self.ref, safe='')}?urlpath=lab/tree/{quote(file)}"

    def colab(self, file: str) -> str:
        """Opens a notebook of the repository on Colab; "" where Colab cannot, which reads GitHub alone."""
        if self.host != "github.com":
            return ""
        return f"https://colab.research.google.com/github/{self.path}/blob/{quote(self.ref, safe='')}/{quote(file)}"

    @property
    def _quoted(self) -> str:
        return self.path if self.path.count("/") == 1 else quote(self.path, safe="")


def address(url: str, ref: str) -> Address:
    """Read a repository's address, as a browser or as git has it.

    Raises:
        ReleaseError: it is no address of a repository.
    """
    found = SHORT.fullmatch(url.strip())
    if not found:
        raise ReleaseError(
            "The public repository has no address that others can open.",
            expected="https://github.com/OWNER/NAME, or git@github.com:OWNER/NAME.git",
            got=repr(url),
        )
    return Address(found["host"], found["path"].removesuffix(".git"), ref)


def of_checkout(course: Path, url: str = "", ref: str = "") -> Address:
    """The public repository of a checkout, and the version that `autograder release` names by default.

    Args:
        course: the checkout's folder.
        url: where the repository lies; by default this checkout's remote.
        ref: its tag; by default after this checkout's commit.

    Raises:
        ReleaseError: neither the one nor the other is an address that others can open.
    """
    ref = ref or f"course-{_git(course, 'rev-parse', '--short', 'HEAD') or 'release'}"
    return address(url or _git(course, "remote", "get-url", "origin"), ref)


def _git(course: Path, *words: str) -> str:
    """What git says of the course's folder; "" where it has nothing to say."""
    try:
        done = subprocess.run(["git", "-C", str(course), *words], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

"""Where the public repository lies, and the links that open it."""

import subprocess

import pytest

from autograder.bundle.address import address, of_checkout
from autograder.errors import ReleaseError

GITHUB = address("https://github.com/owner/name", "course-1a2b3c")


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/owner/name",
        "https://github.com/owner/name.git",
        " https://github.com/owner/name/\n",
        "git@github.com:owner/name.git",
        "ssh://git@github.com/owner/name",
    ],
)
def test_an_address_as_a_browser_or_as_git_has_it(url):
    assert address(url, "course-1a2b3c") == GITHUB
    assert GITHUB.url == "https://github.com/owner/name"
    assert GITHUB.package == "git+https://github.com/owner/name@course-1a2b3c"


@pytest.mark.parametrize("url", ["", "/srv/git/name", "owner/name", "https://github.com/owner", "file:///srv/name"])
def test_what_strangers_cannot_open_is_refused(url):
    with pytest.raises(ReleaseError, match="https://github.com/OWNER/NAME"):
        address(url, "main")


def test_binder_and_colab_open_this_file_in_this_version():
    file = "lectures/02_rcnn.ipynb"
    assert GITHUB.binder(file) == f"https://mybinder.org/v2/gh/owner/name/course-1a2b3c?urlpath=lab/tree/{file}"
    assert GITHUB.colab(file) == f"https://colab.research.google.com/github/owner/name/blob/course-1a2b3c/{file}"


def test_a_branch_with_a_slash_is_one_part_of_the_address():
    where = address("https://github.com/owner/name", "spring/2027")
    assert "/spring%2F2027?" in where.binder("a.ipynb")
    assert "/blob/spring%2F2027/" in where.colab("a.ipynb")


def test_other_hosts_open_on_binder_alone():
    gitlab = address("https://gitlab.com/group/part/name", "main")
    assert gitlab.binder("a.ipynb").startswith("https://mybinder.org/v2/gl/group%2Fpart%2Fname/main?")
    assert gitlab.colab("a.ipynb") == ""
    own = address("https://git.example.org/owner/name", "main")
    assert own.binder("a.ipynb").startswith(
        "https://mybinder.org/v2/git/https%3A%2F%2Fgit.example.org%2Fowner%2Fname/main?"
    )


def test_a_checkout_s_own_remote_and_commit_where_nothing_is_named(tmp_path):
    def git(*words):
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    with pytest.raises(ReleaseError, match="has no address"):
        of_checkout(tmp_path)
    git("commit", "--allow-empty", "--message", "first")
    git("remote", "add", "origin", "git@github.com:owner/name.git")
    where = of_checkout(tmp_path)
    assert where.url == GITHUB.url
    assert where.ref.removeprefix("course-") in (tmp_path / ".git" / "logs" / "HEAD").read_text()
    assert of_checkout(tmp_path, ref="v1") == address("https://github.com/owner/name", "v1")
    assert of_checkout(tmp_path, "https://github.com/another/name", "v1").path == "another/name"

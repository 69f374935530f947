"""Another account of the machine, while a class is graded: no port, socket or folder leads it into the grader."""

import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from distributed.core import rpc
from distributed.security import Security

from autograder.cohort import worker
from tests.helpers.classes import class_of_three
from tests.helpers.servers import certificates, dask_cluster
from tools.attacks.cases.accounts import ACTING, LAZY
from tools.samples.small_course import UNIT

pytestmark = [pytest.mark.long, pytest.mark.sandbox]
PROGRAM = Path(sys.executable).with_name("autograder")
SLOW = "def box_iou(boxes1, boxes2):\n    import time\n    time.sleep(0.2)\n    return boxes1"
LISTENING = "0A"  # in /proc/net


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The class of three, of whom one takes its time."""
    course = class_of_three(tmp_path_factory.mktemp("made") / "course")
    path = course / "submitted" / "bob" / UNIT / f"{UNIT}.ipynb"
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "box_iou":
            cell["source"] = SLOW
    path.write_text(json.dumps(notebook))
    return course


class Watched:
    """`autograder grade` as a process, with what its family had open while it ran."""

    def __init__(self, course, *words, **environment):
        command, own = [PROGRAM, "grade", UNIT, "--json", *words], {**os.environ, **environment}
        self.process = subprocess.Popen(command, cwd=course, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.most = 0

    def open(self):
        """(TCP and UDP sockets, Unix sockets that listen) of all processes of this run, as long as it lasts."""
        while self.process.poll() is None:
            family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
            self.most = max(self.most, len(family))
            numbers = {number for process in family for number in _sockets(process)}
            yield _of_internet(numbers), _listening(numbers)
            time.sleep(0.05)

    def points(self):
        """Each student's points, at its end."""
        out, said = self.process.communicate()
        assert self.process.returncode == 0, said.decode()
        return {row["student"]: row["points"] for row in map(json.loads, out.splitlines())}


def _sockets(process):
    """The inodes of a process's sockets."""
    folder = Path(f"/proc/{process.pid}/fd")
    for entry in list(folder.iterdir()) if folder.exists() else ():
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[8:-1]


def _of_internet(numbers):
    lines = [
        line for kind in ("tcp", "tcp6", "udp", "udp6") for line in Path(f"/proc/net/{kind}").read_text().split("\n")
    ]
    return [line for line in lines if len(line.split()) > 9 and line.split()[9] in numbers]


def _listening(numbers):
    """The paths of Unix sockets on which somebody listens; abstract ones begin with @."""
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return [row[7] for row in rows if len(row) > 7 and row[6] in numbers and int(row[3], 16) & 0x10000]


def _closed(path):
    """Whether nobody else gets as far as this path."""
    return not path.startswith("@") and any(p.stat().st_mode & 0o077 == 0 for p in Path(path).parents)


def test_a_class_is_graded_without_a_port_and_without_a_socket_that_others_reach(made):
    run, seen, reachable = Watched(made, "--workers", "2"), [], []
    for internet, unix in run.open():
        seen += unix
        reachable += internet + [path for path in unix if os.path.exists(path) and not _closed(path)]
    assert {"ada": 7.0, "cy": 7.0}.items() <= run.points().items()
    assert reachable == []
    assert run.most >= 5, "coordinator, fork server, two workers and a box were looked at"
    assert seen, "the fork server listens"


def test_a_folder_of_another_account_is_neither_read_nor_written(made, tmp_path):
    canary, shared = tmp_path / "canary", tmp_path / "tmp"
    canary.write_text("untouched")
    for name in ("dask-scratch-space", "dask-worker-space"):
        space = shared / name
        space.mkdir(parents=True)
        for lock in ("global.lock", "purge.lock"):
            (space / lock).symlink_to(canary)
        for module in LAZY.split():
            (space / f"{module}.py").write_text(ACTING.format(path=str(canary)))
    before = sorted(shared.rglob("*"))
    assert Watched(made, "--workers", "2", "--force", TMPDIR=str(shared)).points()["ada"] == 7.0
    assert canary.read_text() == "untouched"
    assert sorted(shared.rglob("*")) == before


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and two workers with certificates; gives the address, the environment, and all ports of theirs."""
    folder = tmp_path_factory.mktemp("cluster")
    environment = certificates(folder / "grading")
    with dask_cluster(folder, 2, environment) as address:
        end = time.monotonic() + 120
        while len(_ports()) < 5 and time.monotonic() < end:  # scheduler, two nannies, two workers
            time.sleep(0.2)
        yield address, environment, folder


def _ports():
    """All TCP ports on which the cluster's processes listen."""
    started = [process for process in psutil.Process().children() if "distributed.cli" in " ".join(process.cmdline())]
    family = [process for each in started for process in (each, *each.children(recursive=True))]
    numbers = {number for process in family for number in _sockets(process)}
    rows = [line.split() for line in _of_internet(numbers)]
    return sorted({int(row[1].rsplit(":", 1)[1], 16) for row in rows if row[3] == LISTENING})


async def _told(port, security):
    """What a node of Dask tells who asks who it is; or why it tells nothing."""
    address = f"{'tls' if security else 'tcp'}://127.0.0.1:{port}"
    options = {"connection_args": security.get_connection_args("client")} if security else {}
    try:
        async with asyncio.timeout(3), rpc(address, timeout=1, **options) as node:
            return await node.identity()
    except (OSError, TimeoutError) as error:
        return error


async def _all_told(ports, strangers):
    asked = [(port, name) for port in ports for name in strangers]
    answers = await asyncio.gather(*(_told(port, strangers[name]) for port, name in asked))
    return dict(zip(asked, answers, strict=True))


def _raw(port):
    """What a port says to someone who speaks HTTP."""
    with socket.create_connection(("127.0.0.1", port), 5) as caller:
        caller.sendall(b"GET /info/main/workers.html HTTP/1.0\r\n\r\n")
        caller.settimeout(2)
        try:
            return caller.recv(2000)
        except OSError:
            return b""


def test_who_has_no_certificate_gets_nothing_from_a_cluster_that_grades(made, cluster, tmp_path):
    address, environment, folder = cluster
    certificates(tmp_path / "stranger")
    own = {role: str(tmp_path / "stranger" / name) for role, name in (("cert", "cert.pem"), ("key", "key.pem"))}
    real = folder / "grading" / "cert.pem"
    strangers = {
        "no TLS": None,
        "own certificate": _security(own["cert"], own["cert"], own["key"]),
        "own certificate, the real authority": _security(str(real), own["cert"], own["key"]),
    }
    run = Watched(made, "--scheduler", address, "--force", **environment)
    ports = _ports()
    answers = asyncio.run(_all_told(ports, strangers))
    pages = {port: _raw(port) for port in ports}
    assert run.process.poll() is None, "the class is still being graded"
    assert run.points()["ada"] == 7.0
    assert len(ports) >= 5
    assert {who: told for who, told in answers.items() if not isinstance(told, Exception)} == {}
    assert {port: page for port, page in pages.items() if b" 200 " in page} == {}
    known = _security(str(real), str(real), str(folder / "grading" / "key.pem"))
    port = int(address.rsplit(":", 1)[1])
    assert asyncio.run(_told(port, known))["type"] == "Scheduler", "who has the certificate gets an answer"


def _security(authority, cert, key):
    return Security(require_encryption=True, tls_ca_file=authority, tls_client_cert=cert, tls_client_key=key)


def test_certificates_are_for_their_owner_only(cluster):
    folder = cluster[2] / "grading"
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "key.pem").stat().st_mode & 0o077 == 0
    ssl.create_default_context(cafile=folder / "cert.pem").load_cert_chain(folder / "cert.pem", folder / "key.pem")


@pytest.mark.parametrize(
    ("modes", "opened"),
    [
        ({"a": 0o755, "a/b": 0o700, "a/b/c": 0o777}, None),
        ({"a": 0o755, "a/b": 0o777, "a/b/c": 0o755}, "a/b"),
        ({"a": 0o755, "a/b": 0o1777, "a/b/c": 0o755}, None),
        ({"a": 0o755, "a/b": 0o1777, "a/b/c": 0o775}, "a/b/c"),
    ],
)
def test_a_worker_knows_whether_others_may_write_where_dask_imports(tmp_path, modes, opened):
    way = [tmp_path / name for name in modes]
    for folder, mode in zip(way, modes.values(), strict=True):
        folder.mkdir()
        folder.chmod(mode)
    assert worker._opened(way[::-1]) == (tmp_path / opened if opened else None)

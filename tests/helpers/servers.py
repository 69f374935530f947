"""Servers that tests start for themselves: PostgreSQL as an unprivileged user, a Dask scheduler with workers."""

import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "only for this test"
PATIENCE = 600.0


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Postgres:
    """A PostgreSQL server with an empty database `book`, in a folder of its own."""

    def __init__(self, pg_ctl: str):
        self.programs = Path(pg_ctl).resolve().parent
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.port = free_port()
        self._who = []
        if os.geteuid() == 0:  # initdb refuses root
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._who = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        options = ["--username=teacher", f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]
        self._run("initdb", *options, f"--pgdata={self.folder / 'data'}")
        self.start()
        self._run("createdb", "--host=127.0.0.1", f"--port={self.port}", "--username=teacher", "book")

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [*self._who, str(self.programs / program), *arguments]

    def _run(self, program: str, *arguments: str) -> None:
        words, env = self._command(program, *arguments), {**os.environ, "PGPASSWORD": PASSWORD}
        done = subprocess.run(words, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    @property
    def url(self) -> str:
        """The database's address as a person would write it."""
        return f"postgresql://teacher:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/book"

    def start(self) -> None:
        """Start it, after a crash too, and wait until it answers."""
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", str(self.folder)]
        words = self._command("postgres", "-D", str(self.folder / "data"), "-p", str(self.port), *settings)
        deadline = time.monotonic() + PATIENCE
        self.process = None
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:  # the dead one's processes may still be going
                log = open(self.folder / "log", "ab")  # noqa: SIM115
                self.process = subprocess.Popen(words, cwd=self.folder, stdout=log, stderr=log)
                log.close()
            ready = self._command("pg_isready", "--host=127.0.0.1", f"--port={self.port}", "--quiet")
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def kill(self) -> None:
        """kill -9: no checkpoint, no goodbye."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """End it and remove its files."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


def certificates(folder: Path) -> dict[str, str]:
    """Certificates and Dask's settings as docs/clusters.md has them made. Gives the environment that names them."""
    page = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text().replace("/home/ada/grading", str(folder))
    command = next(line for line in page.splitlines() if line.startswith("openssl "))
    folder.mkdir(mode=0o700)
    subprocess.run(shlex.split(command), cwd=folder, check=True, capture_output=True)
    settings = folder / "grading.yaml"
    settings.write_text(re.search(r"```yaml\n(temporary-directory.*?)```", page, re.DOTALL)[1])
    return {"DASK_CONFIG": str(settings)}


@contextmanager
def dask_cluster(folder: Path, workers: int, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """A scheduler and workers, each an operating-system process of its own on loopback. Gives the address.

    Args:
        environment: from `certificates`; without it everybody may connect.
    """
    host, port = f"{'tls' if environment else 'tcp'}://127.0.0.1", free_port()
    quiet, own = ["--no-dashboard"], {**os.environ, **(environment or {})}
    commands = [["dask_scheduler", "--host", "127.0.0.1", "--port", str(port), *quiet]]
    commands += [["dask_worker", f"{host}:{port}", "--nthreads", "1", "--memory-limit", "0", *quiet]] * workers
    running = []
    try:
        for program, *words in commands:
            log = open(folder / f"{program}-{len(running)}.log", "wb")  # noqa: SIM115
            words = [sys.executable, "-m", f"distributed.cli.{program}", *words]
            running.append(subprocess.Popen(words, cwd=folder, env=own, stdout=log, stderr=log))
            log.close()
        yield f"{host}:{port}"
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(30)

"""A JupyterHub as docs/jupyterhub.md sets it up, on a machine of its own, and the people who log in to it.

The machine (tests/helpers/machine.py) has its own /etc, /home, /srv and /opt, its own accounts and its own processes,
which end with it whatever happens. What the page installs from package servers is mounted instead: the Python of these
tests, without the course that is installed in it, and the proxy that `make proxy` has installed.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from tests.helpers.machine import mounted
from tests.helpers.people import DOCUMENT as INSTRUCTOR
from tests.helpers.servers import free_port

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "jupyterhub.md"
ADMINISTRATOR, TEACHER, STUDENT = "# administrator", "# teacher", "# a student"
INSTALLED = ("git clone", "make", "pip install", "npm install", "-m venv", "/home/teacher/public", "a+rX")
START = "/opt/vision/bin/jupyterhub --config"
COURSE = "vision_course"
PEOPLE = ("teacher", "ada", "bob")
SMALL = "16m"  # bob's home, and the disk of the exchange
PATIENCE = 300.0  # seconds; a busy machine may take its time
PACKAGES = sysconfig.get_path("purelib")
OWN = ("/tmp", "/home", "/srv", "/opt", "/mnt")
CODES = re.compile(r"\x1b(\[[0-9;?]*[a-zA-Z]|\][^\x07]*\x07|[()].)")  # what a terminal understands and nobody reads

PREPARE = """
set -e
mount -t proc proc /proc
chmod 755 /home /srv /opt
python={base}
$python -m venv --without-pip /opt/vision
site=$(/opt/vision/bin/python -c 'import site; print(site.getsitepackages()[0])')
printf '%s\\n' "{packages}" /srv/vision_course > "$site/course.pth"
cd /opt/vision/bin
for path in /mnt/packages/bin/jupyter* /mnt/packages/bin/nbgrader
do sed '1s|.*|#!/opt/vision/bin/python|' $path > $(basename $path); chmod 755 $(basename $path); done
cd /
cp -r /mnt/packages/etc /opt/vision/etc
cp -rs /mnt/packages/share /opt/vision/share
cp -r /mnt/opt/. /opt
ln -s /mnt/node_modules /opt/vision/node_modules
mkdir /srv/nbgrader
mount -t tmpfs -o size={small},mode=755 exchange /srv/nbgrader
{administrator}
mount -t tmpfs -o size={small},mode=700 home /home/bob
cp -a /etc/skel/. /home/bob
chown -R bob: /home/bob
chpasswd < /mnt/passwords
cp -r /mnt/teacher/.jupyter /home/teacher
ln -s {installed} /home/teacher/course
chown -hR teacher: /home/teacher
cd {installed}
cp -r /mnt/teacher/course/* .
chown -R teacher: *
chown teacher: .
chmod 700 .
[ -e .venv ] || ln -s {prefix} .venv
cd /
exec {start}
"""

FOR_THE_TEST = """
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}"
c.JupyterHub.hub_port = {ports[1]}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
"""


def blocks(kind: str) -> list[list[str]]:
    """The page's blocks of a kind ("sh", "python"), each as its lines; the first says whose it is, or which file."""
    found = re.findall(rf"^```{kind}\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return [text.splitlines() for text in found]


def commands(who: str) -> list[str]:
    """All commands that the page has somebody type, in order."""
    return [line for lines in blocks("sh") if lines[0] == who for line in lines[1:]]


def files() -> dict[str, str]:
    """The page's configuration files by their path, and the one for which it refers to the instructor's page."""
    (lines,) = re.findall(r"^```python\n(.*?Exchange.*?)^```", INSTRUCTOR.read_text(), re.MULTILINE | re.DOTALL)
    found = {lines[0].removeprefix("# "): "\n".join([*lines, ""]) for lines in blocks("python")}
    found |= dict(re.findall(r"`(/[^`\n]+)`:\n\n```json\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL))
    return {"/etc/jupyter/nbgrader_config.py": lines} | found


def installed() -> Path:
    """The checkout from which `make lab` has installed the course in this Python; usually this one."""
    (found,) = distributions(name="vision-course", path=[PACKAGES])
    url = json.loads(found.read_text("direct_url.json"))["url"]
    return Path(unquote(urlsplit(url).path))


class Hub:
    """The machine, from when its hub answers until `close`.

    Attributes:
        ports: of the proxy, of the hub behind it, and of the proxy's own door for the hub.
        address: of the hub's proxy.
        log: what the setting up and the hub have said.
    """

    def __init__(self, folder: Path, course: Path, public: Path, proxy: str):
        """
        Args:
            folder: empty, for this machine's files.
            course: what lies in the instructor's `course`.
            public: what `autograder release` wrote.
            proxy: the program configurable-http-proxy.
        """
        self.folder, self.log = folder, folder / "log"
        self.passwords = {name: f"{name}'s own" for name in PEOPLE}
        self.ports = [free_port() for _ in range(3)]
        self.address = f"http://127.0.0.1:{self.ports[0]}"
        self._write(course)
        modules = Path(proxy).resolve().parents[2]
        prefix, base = Path(sys.prefix).resolve(), Path(sys.base_prefix)
        words = mounted([prefix, base], [*map(Path, OWN), ROOT, installed()])
        words += ["--bind", str(folder / "etc"), "/etc", "--unshare-pid", "--chdir", "/"]
        bound = {"packages": prefix, "node_modules": modules}
        bound |= {name: folder / name for name in ("teacher", "opt", "passwords")}
        words += [word for name, path in bound.items() for word in ("--ro-bind", str(path), f"/mnt/{name}")]
        words += ["--ro-bind", str(public), "/srv/vision_course", "/bin/sh", "-c", self._script(prefix)]
        own = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(words, env=own, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def _write(self, course: Path) -> None:
        """The files that are mounted: /etc with the page's configuration, the instructor's home, passwords."""
        subprocess.run(["cp", "-a", "/etc", str(self.folder / "etc")], check=True)
        for name in ("jupyter", "jupyterhub"):
            shutil.rmtree(self.folder / "etc" / name, ignore_errors=True)
        shutil.copytree(course, self.folder / "teacher" / "course")
        for name, text in files().items():
            path = self.folder / name.removeprefix("/home").lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + FOR_THE_TEST.format(ports=self.ports) * (path.name == "jupyterhub_config.py"))
        lines = "".join(f"{name}:{password}\n" for name, password in self.passwords.items())
        (self.folder / "passwords").write_text(lines)

    def _script(self, prefix: Path) -> str:
        """What the administrator does."""
        lines = [line.removeprefix("sudo ") for line in commands(ADMINISTRATOR)]
        lines = [line for line in lines if not any(part in line for part in INSTALLED)]
        (start,) = (line for line in lines if line.startswith(START))
        return PREPARE.format(
            base=Path(sys.base_prefix) / "bin" / Path(sys.executable).resolve().name,
            packages=next(path for path in sys.path if path.endswith("site-packages")).replace(
                sys.prefix, "/mnt/packages"
            ),
            administrator="\n".join(line for line in lines if line != start),
            prefix=prefix,
            small=SMALL,
            installed=installed(),
            start=start,
        )

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()[-4000:]
            try:
                if httpx.get(f"{self.address}/hub/health").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise AssertionError(self.log.read_text()[-4000:])

    def close(self) -> None:
        """End all processes of the machine: they share a process namespace, which ends with its first one."""
        self.process.kill()
        self.process.wait(60)


@dataclass
class Member:
    """Somebody who has logged in, with a server of their own.

    Attributes:
        name: of the account.
        hub: where.
        client: this person's requests; who has made it closes it.
        terminal: in this person's server, once something was typed.
    """

    name: str
    hub: Hub
    client: httpx.Client
    terminal: str = ""

    def log_in(self) -> "Member":
        """Log in with the password, as the form does, and take a token."""
        form = {"username": self.name, "password": self.hub.passwords[self.name]}
        login = f"{self.hub.address}/hub/login"
        self.client.get(login)
        form["_xsrf"] = self._xsrf()
        self.client.post(login, data=form)
        url = f"{self.hub.address}/hub/api/users/{self.name}/tokens"
        answer = self.client.post(url, headers={"X-XSRFToken": self._xsrf(), "Referer": login}, json={})
        assert answer.status_code in (200, 201), f"{answer.status_code}: {answer.text}"
        self.client.cookies.clear()
        self.client.headers["Authorization"] = f"token {answer.json()['token']}"
        return self

    def _xsrf(self) -> str:
        return [cookie.value for cookie in self.client.cookies.jar if cookie.name == "_xsrf"][-1]

    def start(self) -> "Member":
        """Have the hub start this person's server, and wait until it answers."""
        url = f"{self.hub.address}/hub/api/users/{self.name}"
        assert self.client.post(f"{url}/server").status_code in (201, 202)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            server = self.client.get(url).json()["servers"].get("", {})
            if server.get("ready"):
                return self
            time.sleep(0.2)
        raise AssertionError(self.hub.log.read_text()[-4000:])

    def ask(self, method: str, path: str, **options) -> httpx.Response:
        """A request to this person's own server."""
        return self.client.request(method, f"{self.hub.address}/user/{self.name}/{path}", **options)

    def type(self, line: str, check: bool = True) -> str:
        """Type a command into a terminal of this person's server. What it prints comes back.

        Without `check` also where its status is not 0.
        """
        if not self.terminal:
            self.terminal = self.ask("POST", "api/terminals").json()["name"]
        said, status = asyncio.run(self._typed(line))
        assert not check or status == 0, f"{self.name}: {line}\n{said}"
        return said

    async def _typed(self, line: str) -> tuple[str, int]:
        mark, said = f"status-{time.monotonic_ns()}-", ""
        address = f"{self.hub.address}/user/{self.name}/terminals/websocket/{self.terminal}"
        request = HTTPRequest(address.replace("http", "ws", 1), headers=dict(self.client.headers))
        socket = await websocket_connect(request)
        await socket.write_message(json.dumps(["set_size", 50, 500]))
        await socket.write_message(json.dumps(["stdin", f"{line}; echo {mark}$?\r"]))
        async with asyncio.timeout(PATIENCE):
            while not (found := re.search(rf"{mark}(\d+)\s", said.rpartition(f"{mark}$?")[2])):
                kind, *content = json.loads(await socket.read_message())
                said += content[0] if kind == "stdout" else ""
        socket.close()
        while await socket.read_message() is not None:  # until the other side has closed it too
            pass
        printed = said.rpartition(f"{mark}$?")[2].partition(mark)[0]
        return CODES.sub("", printed).replace("\r\n", "\n").strip(), int(found[1])

    def assignments(self, action: str = "", unit: str = "") -> dict:
        """What the page *Assignment List* asks of this person's server: the list, or first fetch, submit, …"""
        if action:
            data = {"course_id": COURSE, "assignment_id": unit}
            return self.ask("POST", f"assignments/{action}", json=data).json()
        return self.ask("GET", "assignments", params={"course_id": COURSE}).json()

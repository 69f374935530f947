"""JupyterLab servers, one of them on copies of lectures and exercises, and a headless Chromium."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # every cell stays in the page
}


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory):
    """The folder of `lab`; the course's cache lies in it."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def lab(root, lab_folder):
    """Address of a JupyterLab as `make lab` starts it, on copies of what students open; it ends with the session."""
    for part in ("lectures", "exercises"):
        shutil.copytree(root / part, lab_folder / part, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(root / "nbgrader_config.py", lab_folder)
    for name, values in SETTINGS.items():
        file = lab_folder / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    variables = {"COURSE_CACHE": lab_folder / "cache", "COURSE_PROFILE": "mini"}
    with serving(lab_folder, root, JUPYTER_CONFIG_PATH=root / "binder" / "jupyter", **variables) as address:
        yield address


@pytest.fixture(scope="module")
def serve(root):
    """Starts a JupyterLab in a folder and gives its address; it ends with the module's tests: `serve(folder)`.

    What is named beside the folder is added to its environment.
    """
    with contextlib.ExitStack() as stack:
        yield lambda folder, **more: stack.enter_context(serving(folder, root, **more))


@contextlib.contextmanager
def serving(folder, root, **more):
    """A JupyterLab server whose working folder is `folder`; `more` of its environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (folder / "lab.log").open("w") as log:
        options = {"cwd": folder, "env": _environment(root, folder, **more), "stdout": log, "stderr": log}
        server = subprocess.Popen(_command(folder, port), **options)
        try:
            _wait_for(address, server, folder / "lab.log")
            yield address
        finally:
            _end(server)


@pytest.fixture(scope="module")
def chromium(program):
    """A headless Chromium; it ends with the module's tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("browser"), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """An empty page, 1280 by 900 pixels, in a Chromium that knows of no other; kernels end with it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(600_000)  # against what hangs; a busy machine may take its time
    yield page
    page.evaluate("() => window.jupyterapp?.serviceManager.sessions.shutdownAll()")
    context.close()


def _command(folder, port: int) -> list[str]:
    options = {
        "ServerApp.root_dir": folder,
        "ServerApp.port": port,
        "ServerApp.token": "",
        "ServerApp.allow_root": True,
        "LabApp.user_settings_dir": folder / "settings",
        "LabApp.workspaces_dir": folder / "workspaces",
        "LabApp.expose_app_in_browser": True,
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "jupyter", "lab", "--no-browser", *flags]


def _environment(root, folder, **more) -> dict[str, str]:
    """The course importable, this environment's programs found, and nothing of the user's own Jupyter."""
    own = {"JUPYTER_CONFIG_DIR": folder / "config", "JUPYTER_DATA_DIR": folder / "data", "PYTHONPATH": root}
    own["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    return os.environ | {name: str(value) for name, value in (own | more).items()}


def _end(server: subprocess.Popen) -> None:
    """Asks the server to end. One that has not after twenty seconds is killed; its kernels notice and end as well."""
    server.terminate()
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait_for(address: str, server: subprocess.Popen, log) -> None:
    """Until the server answers, at most ten minutes."""
    end = time.monotonic() + 600
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            return
        assert server.poll() is None, f"JupyterLab ended:\n{log.read_text()[-2000:]}"
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not answer within ten minutes:\n{log.read_text()[-2000:]}")

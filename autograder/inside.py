"""The only file that runs beside student code: an IPython shell and one socket. Arrays in, arrays out.

    python -P inside.py SOCKET_FD UNIT_MODULE       (or served from a warm fork: warm.py)

Messages are `codec` trees behind their length (8 bytes). Three requests: {"do": "put", "name": …, "content": …} lays a
file into the working folder, {"do": "run", "source": …} runs a cell, {"do": "ask", "check": …, "case": …, "inputs": …}
puts one question to the function that the cells have defined.
Nothing that is said here is believed: the judge compares answers with its own.
"""

import base64
import contextlib
import importlib
import io
import os
import socket
import subprocess
import sys
import time
import types
from pathlib import Path

from course_lib import threads
from course_lib.checks import codec, run

MAX_TEXT = 20_000  # characters of one cell
MAX_PICTURES = 4  # of one cell
MAX_PICTURE = 2**20  # bytes


def prepare():
    """Import what students' cells import, and make an IPython shell that reads nothing from the home folder."""
    import matplotlib
    import matplotlib.pyplot
    from traitlets.config import Config

    import_torchvision()
    matplotlib.use("Agg")
    threads.limit(1)  # children of a process that ran threaded operations hang
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.BaseIPythonApplication.auto_create = False
    return _shell_class().instance(config=config)


def import_torchvision() -> None:
    """Import torchvision without torch's compiler, of which it wants one function and which takes 1.5 s.

    The function tells whether RoI align may be compiled where results must be deterministic. Who needs the compiler
    later imports it as ever.
    """
    name = "torch._dynamo.utils"
    stand_in = types.ModuleType(name)
    stand_in.is_compile_supported = lambda device: False
    sys.modules.setdefault(name, stand_in)
    try:
        importlib.import_module("torchvision")
    finally:
        if sys.modules[name] is stand_in:
            del sys.modules[name]


def _shell_class() -> type:
    """IPython's shell, which takes what notebooks say to a kernel about plots, and keeps to drawing nothing."""
    from IPython.core.interactiveshell import InteractiveShell
    from matplotlib_inline.config import InlineBackend

    class Shell(InteractiveShell):
        def __init__(self, **options):
            super().__init__(**options)
            self.configurables.append(InlineBackend.instance(parent=self))

        def system(self, cmd):
            """A line that begins with "!": without a terminal, which IPython would open for it."""
            words = ["/bin/sh", "-c", self.var_expand(cmd, depth=1)]
            done = subprocess.run(words, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
            print(done.stdout + done.stderr, end="")
            self.user_ns["_exit_code"] = done.returncode

        def enable_gui(self, gui=None):
            """There is no window here."""

        def enable_matplotlib(self, gui=None):
            """Figures stay open until the cell's end, and are kept as pictures."""
            return "inline", "agg"

    return Shell


def serve(shell, unit_module: str, channel: socket.socket) -> None:
    """Answer requests until the other side hangs up."""
    checks = {check.name: check for check in importlib.import_module(f"course_lib.checks.{unit_module}").CHECKS}
    while request := receive(channel):
        if request["do"] == "run":
            send(channel, run_cell(shell, request["source"]))
        elif request["do"] == "put":
            Path(request["name"]).write_bytes(request["content"].numpy().tobytes())
            send(channel, {})
        else:
            check = checks[request["check"]]
            send(channel, answer(shell, check, check.cases[request["case"]], request["inputs"]))


class Kept(io.TextIOBase):
    """A stream that keeps the beginning of what is written, and forgets the rest."""

    def __init__(self):
        self._parts, self._room = [], MAX_TEXT

    def write(self, text: str) -> int:
        """Take any amount of text."""
        if self._room > 0:
            self._parts.append(text[: self._room])
            self._room -= len(text)
        return len(text)

    def writable(self) -> bool:
        """Yes."""
        return True

    @property
    def text(self) -> str:
        """What was kept."""
        return "".join(self._parts)


def run_cell(shell, source: str) -> dict:
    """Run one cell as a notebook would; of what it shows the beginning is kept."""
    kept, start = Kept(), time.perf_counter()
    with contextlib.redirect_stdout(kept), contextlib.redirect_stderr(kept):
        result = shell.run_cell(source, store_history=False)
    seconds = time.perf_counter() - start
    error = result.error_before_exec or result.error_in_exec
    note = f"{type(error).__name__}: {str(error)[:300]}" if error else ""
    return {"error": note, "displayed": [{"type": "text", "data": kept.text}, *pictures()], "seconds": seconds}


def pictures() -> list[dict]:
    """The figures that a cell left open, as PNG in base64; they are closed."""
    from matplotlib import pyplot

    found = []
    for number in pyplot.get_fignums()[:MAX_PICTURES]:
        file = io.BytesIO()
        try:
            pyplot.figure(number).savefig(file, format="png", dpi=72)
        except Exception as error:  # a figure that cannot be drawn is the student's, and is said in their words
            found.append({"type": "text", "data": f"{type(error).__name__}: {str(error)[:300]}"})
        else:
            whole = file.getvalue()
            kept = {"type": "image/png", "data": base64.b64encode(whole).decode()}
            found.append(kept if len(whole) <= MAX_PICTURE else {"type": "text", "data": "(a picture above 1 MB)"})
    pyplot.close("all")
    return found


def answer(shell, check, case, inputs: dict) -> dict:
    """Put one question to the student's function."""
    if check.function not in shell.user_ns:
        return {"status": "missing", "answer": None, "note": f"`{check.function}` is not defined.", "seconds": 0.0}
    with contextlib.redirect_stdout(Kept()), contextlib.redirect_stderr(Kept()):
        outcome = run.ask(case, shell.user_ns[check.function], inputs)
    return {"status": outcome.status, "answer": outcome.answer, "note": outcome.note, "seconds": outcome.seconds}


def receive(channel: socket.socket):
    """The next message, or None when the other side has hung up."""
    head = _exactly(channel, 8)
    return codec.from_bytes(_exactly(channel, int.from_bytes(head, "big"))) if head else None


def _exactly(channel: socket.socket, count: int) -> bytes:
    parts, missing = [], count
    while missing:
        part = channel.recv(min(missing, 2**20))
        if not part:
            return b""
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def send(channel: socket.socket, tree) -> None:
    """Send one message."""
    message = codec.to_bytes(tree)
    channel.sendall(len(message).to_bytes(8, "big") + message)


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file: nothing of the grader may be imported from here
    os.environ["MPLBACKEND"] = "Agg"
    serve(prepare(), sys.argv[2], socket.socket(fileno=int(sys.argv[1])))

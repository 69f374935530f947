"""What answers beside student code, over one socket: requests in, arrays out. The cells' surroundings are shell.py's.

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
import sys
import time
from pathlib import Path

from course_lib.checks import codec, run

MAX_PICTURES = 4  # of one cell
MAX_PICTURE = 2**20  # bytes


def serve(shell, unit_module: str, channel: socket.socket) -> None:
    """Answer requests until the other side hangs up."""
    shell.settle()
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


def run_cell(shell, source: str) -> dict:
    """Run one cell as a notebook would; of what it shows the beginning is kept."""
    start = time.perf_counter()
    with shell.heard() as kept:
        try:
            error = shell.run(source)
        except Exception as broken:  # what a student puts in the place of streams or loop breaks the shell itself
            error = broken
    seconds = time.perf_counter() - start
    note = f"{type(error).__name__}: {_said(error)}" if error else ""
    return {"error": note, "displayed": [{"type": "text", "data": kept.text}, *pictures()], "seconds": seconds}


def _said(error: BaseException) -> str:
    try:
        return str(error)[:300]
    except Exception:
        return "(it cannot say what it is)"


def pictures() -> list[dict]:
    """The figures that a cell left open, as PNG in base64; they are closed."""
    from matplotlib import pyplot

    found = []
    for number in pyplot.get_fignums()[:MAX_PICTURES]:
        file = io.BytesIO()
        try:
            pyplot.figure(number).savefig(file, format="png", dpi=72)
        except Exception as error:  # a figure that cannot be drawn is the student's, and is said in their words
            found.append({"type": "text", "data": f"{type(error).__name__}: {_said(error)}"})
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
    out, err = shell.streams
    with shell.heard(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        outcome = run.ask(case, shell.user_ns[check.function], inputs)
    raised = vars(outcome.error) if outcome.error else None
    told = {"status": outcome.status, "note": outcome.note, "seconds": outcome.seconds, "error": raised}
    return {**told, "answer": outcome.answer}


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
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from shell import prepare
    from startup import import_torchvision

    sys.path.pop(0)  # nothing else of the grader may be imported from here
    del sys.modules["shell"], sys.modules["startup"]  # a student's module may have that name
    os.environ["MPLBACKEND"] = "Agg"
    import_torchvision()
    serve(prepare(), sys.argv[2], socket.socket(fileno=int(sys.argv[1])))

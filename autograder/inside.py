"""The only file that runs beside student code: an IPython shell and one socket. Arrays in, arrays out.

    python inside.py SOCKET_FD UNIT_MODULE

Messages are `codec` trees behind their length (8 bytes). Two requests: {"do": "run", "source": …} runs a cell,
{"do": "ask", "check": …, "case": …, "inputs": …} puts one question to the function that the cells have defined.
Nothing that is said here is believed: the judge compares answers with its own.
"""

import importlib
import os
import socket
import sys

from course_lib.checks import codec, run

MAX_OUTPUT = 20_000


def main(descriptor: int, unit_module: str) -> None:
    """Serve requests until the other side hangs up."""
    channel = socket.socket(fileno=descriptor)
    checks = {check.name: check for check in importlib.import_module(f"course_lib.checks.{unit_module}").CHECKS}
    shell = new_shell()
    while request := receive(channel):
        if request["do"] == "run":
            send(channel, run_cell(shell, request["source"]))
        else:
            check = checks[request["check"]]
            send(channel, answer(shell, check, check.cases[request["case"]], request["inputs"]))


def new_shell():
    """An IPython shell without history, colours, or anything read from the home folder."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.BaseIPythonApplication.auto_create = False
    return InteractiveShell.instance(config=config)


def run_cell(shell, source: str) -> dict:
    """Run one cell as a notebook would; what it prints is cut to a bounded length."""
    from IPython.utils.capture import capture_output

    with capture_output() as captured:
        result = shell.run_cell(source, store_history=False)
    error = result.error_before_exec or result.error_in_exec
    note = f"{type(error).__name__}: {str(error)[:300]}" if error else ""
    return {"error": note, "printed": (captured.stdout + captured.stderr)[:MAX_OUTPUT]}


def answer(shell, check, case, inputs: dict) -> dict:
    """Put one question to the student's function."""
    from IPython.utils.capture import capture_output

    if check.function not in shell.user_ns:
        return {"status": "missing", "answer": None, "note": f"`{check.function}` is not defined.", "seconds": 0.0}
    with capture_output():
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
    main(int(sys.argv[1]), sys.argv[2])

"""What a cell finds around it: IPython's shell with the streams, arguments, loop and magics of a Jupyter kernel.

There is no kernel and nobody who types: what asks for one gets a harmless answer.
"""

import asyncio
import contextlib
import io
import multiprocessing.process
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from course_lib import threads

MAX_TEXT = 20_000  # characters of one cell
PLACE = "course/exercises/unit"  # the working folder below the home folder: `../../data` can be written too
SILENT = ("autosave", "clear", "connect_info", "qtconsole", "autoindent", "less", "more", "man", "subshell")
LOOPS = ("async", "await", "loop")  # a cell that says one of these wants a running event loop, as a kernel has it


def prepare():
    """Import what draws, and make an IPython shell that reads nothing from the home folder."""
    import matplotlib
    import matplotlib.pyplot
    from traitlets.config import Config

    torch.compile = uncompiled
    matplotlib.use("Agg")
    threads.limit(1)  # children of a process that ran threaded operations hang
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.BaseIPythonApplication.auto_create = False
    return _shell_class().instance(config=config)


def uncompiled(model=None, **options: object):
    """In the place of `torch.compile`: the function as it is written. Compiling takes longer than a question may."""
    if model is None:
        return uncompiled
    return Uncompiled(model) if isinstance(model, torch.nn.Module) else model


class Uncompiled(torch.nn.Module):
    """A module that says it was compiled: its weights have the names that those of a compiled one have."""

    def __init__(self, module: torch.nn.Module):
        super().__init__()
        self._orig_mod = module

    def forward(self, *values, **named):
        """What the module says."""
        return self._orig_mod(*values, **named)

    def __getattr__(self, name: str):
        """The module's own attributes."""
        if name == "_orig_mod":
            return super().__getattr__(name)
        return getattr(self._orig_mod, name)


class Kept:
    """The beginning of what is written; the rest is forgotten."""

    def __init__(self):
        self._parts, self._room = [], MAX_TEXT

    def take(self, text: str) -> None:
        """Take any amount of text."""
        if self._room > 0 and text:
            self._parts.append(text[: self._room])
            self._room -= len(text)

    @property
    def text(self) -> str:
        """What was kept."""
        return "".join(self._parts)


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr, the same object for all cells: what is written goes where `kept` says.

    Whoever asks for a descriptor gets one that leads nowhere, as in a kernel, whose descriptor leads to the terminal in
    which it was started. Closing it changes nothing.
    """

    encoding, errors, newlines, mode, line_buffering, write_through = "UTF-8", "replace", None, "w", True, False

    def __init__(self, name: str, number: int):
        self.name, self._number, self.kept = name, number, Kept()
        self.buffer = _Bytes(self)

    def write(self, text: str) -> int:
        """Keep it, as far as there is room."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self.kept.take(text)
        return len(text)

    def writable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """The descriptor of the same name; in the box it leads to /dev/null."""
        return self._number

    def reconfigure(self, **options: object) -> None:
        """There is nothing to configure."""

    def close(self) -> None:
        """It stays open for the next cell."""


class _Bytes(io.BufferedIOBase):
    """What is written to `sys.stdout.buffer`."""

    mode = "wb"

    def __init__(self, stream: Stream):
        self.name, self.raw, self._stream = stream.name, self, stream

    def write(self, data) -> int:
        """Bytes, which are text in UTF-8."""
        content = bytes(data)
        self._stream.write(content.decode("utf-8", "replace"))
        return len(content)

    def writable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """See `Stream`."""
        return self._stream.fileno()

    def close(self) -> None:
        """See `Stream`."""


def _shell_class() -> type:
    """IPython's shell, which takes what notebooks say to a kernel about plots, and keeps to drawing nothing."""
    from IPython.core.interactiveshell import InteractiveShell
    from matplotlib_inline.config import InlineBackend

    class Shell(InteractiveShell):
        def __init__(self, **options):
            super().__init__(**options)
            self.configurables.append(InlineBackend.instance(parent=self))
            self.streams, self._loop = (Stream("stdout", 1), Stream("stderr", 2)), None
            self.extension_manager.load_extension("storemagic")
            for name in SILENT:
                self.register_magic_function(lambda line, cell=None: None, "line_cell", name)

        def settle(self) -> None:
            """Be in the working folder, as a kernel is in its notebook's; modules there come behind the libraries."""
            place = Path(os.environ["HOME"], PLACE)
            place.mkdir(parents=True, exist_ok=True)
            os.chdir(place)
            sys.path.append("")
            multiprocessing.process.ORIGINAL_DIR = str(place)  # a process that is spawned reads "" as this
            sys.argv[:] = ["ipykernel_launcher.py", "-f", str(place / "kernel.json")]
            sys.stdout, sys.stderr = self.streams
            self.user_ns["_dh"][:] = [place]

        @contextlib.contextmanager
        def heard(self) -> Iterator[Kept]:
            """What is written to both streams meanwhile."""
            kept = Kept()
            for stream in self.streams:
                stream.kept = kept
            yield kept

        def run(self, source: str) -> BaseException | None:
            """Run one cell as a notebook would. Returns the error that it ended with."""
            if finder := sys.path_importer_cache.get(os.getcwd()):
                finder.invalidate_caches()  # a module may just have been written
            if self._loop is None and any(word in source for word in LOOPS):
                self._loop = asyncio.new_event_loop()
                asyncio.set_event_loop(self._loop)
            if self._loop is None or self._loop.is_closed():
                result = self.run_cell(source, store_history=True)
            else:
                result = self._loop.run_until_complete(self._run_in_loop(source))
            return result.error_before_exec or result.error_in_exec

        async def _run_in_loop(self, source: str):
            try:
                told = {"transformed_cell": self.transform_cell(source)}
            except Exception:
                told = {"transformed_cell": source, "preprocessing_exc_tuple": sys.exc_info()}
            if self.should_run_async(source, **told):
                return await self.run_cell_async(source, store_history=True, **told)
            return self.run_cell(source, store_history=True)

        def system(self, cmd):
            """A line that begins with "!": without a terminal, which IPython would open for it."""
            words = ["/bin/sh", "-c", self.var_expand(cmd, depth=1)]
            done = subprocess.run(words, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
            print(done.stdout + done.stderr, end="")
            self.user_ns["_exit_code"] = done.returncode

        def ask_exit(self):
            """`exit` in a cell would end a kernel; here the cells that follow are run."""

        def enable_gui(self, gui=None):
            """There is no window here."""

        def enable_matplotlib(self, gui=None):
            """Figures stay open until the cell's end, and are kept as pictures."""
            return "inline", "agg"

    return Shell

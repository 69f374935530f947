"""Run a notebook from top to bottom in a kernel of its own, and measure what a student waits for and what it takes."""

import os
import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode


@dataclass(frozen=True)
class CellFailure:
    """The cell that stopped a run: its position, its text, and the error's name and message."""

    index: int
    source: str
    name: str
    message: str

    def __str__(self) -> str:
        return f"cell {self.index} raised {self.name}: {self.message}\n{self.source}"


@dataclass(frozen=True)
class Run:
    """One run: the executed notebook with what its widgets show, seconds from kernel start to last cell, those of them
    that its processor worked (with the processes that it started), peak memory in bytes, what stopped it; and both
    clocks as they stood at the end of each cell that ran."""

    notebook: NotebookNode
    seconds: float
    worked: float
    peak: int
    failure: CellFailure | None
    clocks: tuple[tuple[float, float], ...]


def run_notebook(
    notebook: NotebookNode, folder: Path, variables: Mapping[str, str], limit: int = 3600, kernel: str = "python3"
) -> Run:
    """Run all cells in `folder` until one fails, each for at most `limit` seconds: one that hangs, not one that waits.

    The environment is this process's, but of the course's own variables only the cache folder and `variables`.

    Args:
        kernel: the name of one that Jupyter finds; "python3" is this environment's.
    """
    dropped = [name for name in os.environ if name.startswith("COURSE_") and name != "COURSE_CACHE"]
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    ran = deepcopy(notebook)
    client = NotebookClient(ran, timeout=limit, kernel_name=kernel, resources={"metadata": {"path": str(folder)}})
    failure, clocks = None, []
    started = time.perf_counter()
    with client.setup_kernel(env=environment | dict(variables)):
        for index, cell in enumerate(ran.cells):
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                failure = CellFailure(index, cell.source, error.ename, error.evalue)
            clocks.append((time.perf_counter() - started, processor_time(client.km.provisioner.pid)))
            if failure:
                break
        client.set_widgets_metadata()
        seconds = time.perf_counter() - started
        worked = processor_time(client.km.provisioner.pid)
        peak = peak_memory(client.km.provisioner.pid)
    return Run(ran, seconds, worked, peak, failure, tuple(clocks))


def processor_time(pid: int) -> float:
    """The seconds that processors worked for a process, and for those that it started and waited for."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def peak_memory(pid: int) -> int:
    """The most resident memory that a process has held, in bytes; off Linux, what it holds now."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        high_water = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(high_water.split()[1]) * 1024
    return psutil.Process(pid).memory_info().rss

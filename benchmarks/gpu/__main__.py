"""What only a GPU can show, in under eight minutes: python -m benchmarks.gpu

Training of the detector and the segmenters of `full` beside torchvision's, Fast R-CNN over R-CNN at 2,000 proposals,
and every notebook of `mini` on the GPU beside the CPU's results. Nothing is downloaded. Writes docs/gpu.md; the last
printed line is "seconds: S".
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from benchmarks.document import machine
from benchmarks.gpu import notebooks, scenes
from benchmarks.gpu.pooling import Pooled
from benchmarks.gpu.training import ROUNDS, STEPS, Speed
from benchmarks.grading import BenchmarkError
from course_lib.download import atomic_write
from course_lib.errors import CourseError, SettingsError
from tools import ROOT
from tools.build.notebooks import unit_sources

BACKBONE, GOAL, MOST = "resnet50", 50.0, 480.0  # goal: times as fast; seconds for everything
HEADER = """# On a GPU

What a CPU cannot show. `python -m benchmarks.gpu` writes this file in less than eight minutes.
"""
TRAINING = """
## Training beside torchvision

The networks of `full` and torchvision's reference models on the same {backbone}, with random weights and the same
batches of made-up photographs of 500 × 375 pixels, which lie in memory before the clock starts; {steps} steps a run,
{rounds} runs in turn, with the course's training loop and its precision (bfloat16 in mixed precision where the GPU has
it). Torchvision's detector pools from a feature pyramid, its FCN keeps stride 8 by dilated convolutions; ours do not.
Memory is PyTorch's on the GPU at its peak.

| task | network | million numbers | images a batch | images per second | smallest to largest | memory, GB | ratio |
|---|---|--:|--:|--:|---|--:|--:|
"""
POOLING = """
## Fast R-CNN over R-CNN

The same network, the same photograph of 512 × 512 pixels and the same proposals, which are found before the clock
starts; both orders in turn.

| backbone | proposals | R-CNN, s | Fast R-CNN, s | ratio | goal |
|---|--:|---|---|--:|---|
"""
NOTEBOOKS = """
## Every notebook of `mini`

With `COURSE_DEVICE=cuda`, beside what the CPU gives in [figures.md](figures.md).

"""


def require_gpu() -> str:
    """The GPU's name.

    Raises:
        SettingsError: PyTorch sees none.
    """
    import torch

    if not torch.cuda.is_available():
        built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
        raise SettingsError(
            "This benchmark is about a GPU, and PyTorch sees none.",
            expected="torch.cuda.is_available()",
            got=f"torch {torch.__version__}, {built}, no device",
            advice="a machine with an NVIDIA GPU and its driver; make bench is for CPUs",
        )
    return torch.cuda.get_device_name()


def said(module: str, **variables: str):
    """What one of our modules prints last, as JSON, in a process with these settings of the course and no others.

    Raises:
        BenchmarkError: it failed.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("COURSE_")}
    cache = {name: os.environ[name] for name in ("COURSE_CACHE",) if name in os.environ}
    words = [sys.executable, "-m", module]
    done = subprocess.run(words, cwd=ROOT, env=others | cache | variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"{module} failed.", got=done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def speeds(device: str, backbone: str = BACKBONE) -> list[Speed]:
    """How fast the networks of `full` learn."""
    with TemporaryDirectory(prefix="benchmark-") as folder:
        scenes.make(Path(folder))
        full = {"COURSE_PROFILE": "full", "COURSE_BACKBONE": backbone, "COURSE_DATA": folder, "COURSE_DEVICE": device}
        return [Speed(**one | {"speeds": tuple(one["speeds"])}) for one in said("benchmarks.gpu.training", **full)]


def pooled(device: str, backbone: str = BACKBONE) -> list[Pooled]:
    """Fast R-CNN over R-CNN with the small backbone of `mini` and with that of `full`."""
    with TemporaryDirectory(prefix="benchmark-") as folder:
        scenes.make(Path(folder), images=1)  # for the names of the classes
        full = {"COURSE_PROFILE": "full", "COURSE_BACKBONE": backbone, "COURSE_DATA": folder}
        found = [
            said("benchmarks.gpu.pooling", COURSE_DEVICE=device, **variables)
            for variables in ({"COURSE_PROFILE": "mini"}, full)
        ]
    return [Pooled(**one | {order: tuple(one[order]) for order in ("rcnn", "fast")}) for one in found]


def training_table(found: Sequence[Speed], backbone: str = BACKBONE) -> str:
    """As Markdown; the ratio is that of images per second over torchvision's in the same task."""
    peers = {one.task: median(one.speeds) for one in found if one.name.startswith("torchvision")}
    return TRAINING.format(backbone=backbone, steps=STEPS, rounds=ROUNDS) + "".join(
        f"| {one.task} | {one.name} | {one.parameters / 1e6:.1f} | {one.images} | {median(one.speeds):.1f} | "
        f"{min(one.speeds):.1f} to {max(one.speeds):.1f} | {one.memory / 1e9:.2f} | "
        f"{median(one.speeds) / peers[one.task]:.2f} |\n"
        for one in found
    )


def pooling_table(found: Sequence[Pooled]) -> str:
    """As Markdown."""
    return POOLING + "".join(
        f"| {one.backbone} | {one.regions:,} | {_runs(one.rcnn)} | {_runs(one.fast)} | {one.ratio:.1f} | "
        f"at least {GOAL:g}{', met' if one.ratio >= GOAL else ', **not met**'} |\n"
        for one in found
    )


def _runs(seconds: Sequence[float]) -> str:
    return ", ".join(f"{value:.4f}" for value in seconds)


def main(write: Annotated[bool, typer.Option(help="Write docs/gpu.md.")] = True) -> None:
    """Measure all of it. Example: python -m benchmarks.gpu --no-write"""
    name, start = require_gpu(), time.perf_counter()
    parts = [HEADER]
    for part in (
        lambda: training_table(speeds("cuda")),
        lambda: pooling_table(pooled("cuda")),
        lambda: NOTEBOOKS + notebooks.table(notebooks.all_ran(unit_sources(), "cuda")),
    ):
        parts.append(part())
        typer.echo(parts[-1])
    seconds = time.perf_counter() - start
    late = "" if seconds <= MOST else f", **more than the {MOST:.0f} s that it should**"
    parts.append(f"\n{machine()} The GPU: {name}. All of this took {seconds:.0f} s{late}.\n")
    if write:
        with atomic_write(ROOT / "docs" / "gpu.md") as temporary:
            temporary.write_text("".join(parts), encoding="utf-8")
    typer.echo(f"seconds: {seconds:.0f}")


if __name__ == "__main__":
    try:
        typer.run(main)
    except CourseError as error:
        sys.exit(str(error))

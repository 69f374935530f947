"""Run the recipes of long trainings: python -m tools.trainings [NAME…] (make trainings)

Each writes course_lib/trainings/NAME.json. Without a name all of them run, which takes long.
"""

import hashlib
import importlib
import json
import time
from pathlib import Path
from types import ModuleType
from typing import Annotated

import torch
import typer

from course_lib import trainings
from course_lib.download import atomic_write

RECIPES = Path(__file__).parent


def names() -> list[str]:
    """All recipes."""
    return sorted(path.stem for path in RECIPES.glob("[!_]*.py"))


def recipe(name: str) -> ModuleType:
    """The module of one recipe."""
    return importlib.import_module(f"tools.trainings.{name}")


def digest(name: str) -> str:
    """SHA-256 of a recipe's text."""
    return hashlib.sha256((RECIPES / f"{name}.py").read_bytes()).hexdigest()


def run(name: str) -> dict:
    """One recipe's results for all its seeds, as course_lib.trainings reads them. One thread."""
    torch.set_num_threads(1)
    module, started = recipe(name), time.process_time()
    runs = [module.run(seed) for seed in module.SEEDS]
    return {
        "name": name,
        "recipe": module.RECIPE,
        "seeds": list(module.SEEDS),
        "seconds": round(time.process_time() - started),
        "digest": digest(name),
        "torch": torch.__version__,
        "measured": {quantity: [measured[quantity] for measured in runs] for quantity in runs[0]},
    }


def main(
    chosen: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Recipes; all without one.")] = None,
) -> None:
    """Run recipes, and write what they measured."""
    for name in chosen or names():
        results = run(name)
        with atomic_write(trainings.FOLDER / f"{name}.json") as path:
            path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        print(trainings.shipped(name))


if __name__ == "__main__":
    typer.run(main)

"""Run the recipes of long trainings: python -m tools.trainings [NAME…] (make trainings)

Each writes course_lib/trainings/NAME.json. Without a name all of them run, which takes long.
"""

import ast
import hashlib
import importlib
import json
import time
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Annotated

import torch
import typer

from course_lib import threads, trainings
from course_lib.download import atomic_write
from course_lib.errors import CourseError

RECIPES = Path(__file__).parent


def names() -> list[str]:
    """All recipes."""
    return sorted(path.stem for path in RECIPES.glob("[!_]*.py"))


def recipe(name: str) -> ModuleType:
    """The module of one recipe."""
    return importlib.import_module(f"tools.trainings.{name}")


def digest(name: str) -> str:
    """SHA-256 of what a recipe does: of its code without comments, docstrings and the words of RECIPE."""
    tree = ast.parse((RECIPES / f"{name}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body.pop(0)
    tree.body = [node for node in tree.body if not _is_words(node)]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()


def _is_words(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "RECIPE"


def run(name: str) -> dict:
    """One recipe's results for all its seeds, as course_lib.trainings reads them. One thread."""
    threads.limit(1)
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


def reworded(name: str) -> dict:
    """The results that are shipped, with the recipe's words as they are now.

    Raises:
        CourseError: the recipe does something else by now.
    """
    results = asdict(trainings.shipped(name))
    if results["digest"] != digest(name):
        raise CourseError(f"The recipe {name!r} has changed.", advice=f"python -m tools.trainings {name}")
    return results | {"recipe": recipe(name).RECIPE}


def main(
    chosen: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Recipes; all without one.")] = None,
    words: Annotated[bool, typer.Option(help="Run nothing: only take the recipes' words anew.")] = False,
) -> None:
    """Run recipes, and write what they measured."""
    for name in chosen or names():
        results = reworded(name) if words else run(name)
        with atomic_write(trainings.FOLDER / f"{name}.json") as path:
            path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        print(trainings.shipped(name))


if __name__ == "__main__":
    typer.run(main)

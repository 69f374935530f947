"""Long trainings: what is shipped has a recipe, and the recipe is the one that it was made by."""

import json
import sys
from types import ModuleType

import numpy as np
import pytest

from course_lib import trainings
from course_lib.errors import CourseError, DataMissing
from tools.trainings.__main__ import digest, main, names, recipe

SHIPPED = sorted(path.stem for path in trainings.FOLDER.glob("*.json"))


def test_every_recipe_has_its_results_and_every_result_its_recipe():
    assert names() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_results_are_those_of_the_recipe_as_it_stands(name):
    long, module = trainings.shipped(name), recipe(name)
    assert long.digest == digest(name), f"the recipe has changed: python -m tools.trainings {name}"
    assert (long.recipe, long.seeds) == (module.RECIPE, tuple(module.SEEDS))
    assert len(long.seeds) >= 3
    assert all(len(values) == len(long.seeds) for values in long.results.values())
    assert all(np.isfinite(values).all() for values in long.results.values())


def test_a_recipe_is_run_once_per_seed_and_its_results_are_read_again(tmp_path, monkeypatch):
    throwaway = ModuleType("tools.trainings.throwaway")
    throwaway.RECIPE, throwaway.SEEDS = "Nothing is trained.", (0, 1, 2)
    throwaway.run = lambda seed: {"loss": [1.0, 0.5 * seed], "steps": 7}
    monkeypatch.setitem(sys.modules, throwaway.__name__, throwaway)
    monkeypatch.setattr("tools.trainings.__main__.digest", lambda name: "0")
    monkeypatch.setattr(trainings, "FOLDER", tmp_path)
    main(["throwaway"])
    long = trainings.shipped("throwaway")
    assert long.results["loss"].tolist() == [[1.0, 0.0], [1.0, 0.5], [1.0, 1.0]]
    assert long.results["steps"].tolist() == [7, 7, 7]
    assert str(long) == ("Nothing is trained. Seeds 0, 1, 2; 1 min on one core; python -m tools.trainings throwaway")
    assert json.loads((tmp_path / "throwaway.json").read_text())["digest"] == "0"


def test_words_may_be_mended_without_a_run_but_not_what_a_recipe_does(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.trainings.__main__.RECIPES", tmp_path)
    source = tmp_path / "throwaway.py"
    source.write_text('"""One."""\nRECIPE = "Eins."\nSEEDS = (0, 1, 2)\n')
    first = digest("throwaway")
    source.write_text('"""Two."""\nRECIPE = "Zwei."\nSEEDS = (0, 1, 2)  # three\n')
    assert digest("throwaway") == first
    source.write_text('"""Two."""\nRECIPE = "Zwei."\nSEEDS = (0, 1, 3)\n')
    assert digest("throwaway") != first


def test_a_recipe_that_does_something_else_is_not_only_reworded(monkeypatch):
    monkeypatch.setattr("tools.trainings.__main__.digest", lambda name: "0")
    with pytest.raises(CourseError, match="has changed"):
        main([SHIPPED[0]], words=True)


def test_results_that_are_not_shipped_are_named_with_those_that_are(tmp_path, monkeypatch):
    monkeypatch.setattr(trainings, "FOLDER", tmp_path)
    (tmp_path / "ladder.json").write_text("{}")
    with pytest.raises(DataMissing, match="ladder"):
        trainings.shipped("leader")

"""Real photographs: which runs there are, what they run, and what is told of their results."""

import json
import re

import pytest
import torch

from course_lib import models
from course_lib.data.voc import voc_layout
from course_lib.models import trunk
from tools import ROOT
from tools.build.cells import read_source
from tools.figures.measure import table
from tools.real import page, run
from tools.real.frozen import give, settle
from tools.real.plan import BACKBONES, DATA, Run, chosen, part_of_train, plan
from tools.real.scratch import begin
from tools.real.sections import few_shot, sections
from tools.real.summary import GAIN, figures, of, pretraining, told, values


def result(**numbers):
    return {"result": numbers, "seconds": 7, "day": "2026-01-02", "torch": "2", "digest": "d"}


def detections():
    """Results of all detectors' runs: 50 % and more with the seed, one point less with random weights."""
    runs = [one for one in plan() if not one.unit.startswith(("01", "05", "07"))]
    return {one.name: result(mAP=50.0 + one.seed - (one.backbone == "random")) for one in runs}


def portraits():
    """Results of all runs on ORL: accuracy 90 % and more with the seed, less by the way."""
    ways = {"pixels": 20, "eigenfaces": 15, "fixed": 10, "tuned": 0}
    runs = [one for one in plan() if one.unit == "07_faces"]
    return {
        one.name: result(**{way: [91.0 + one.seed - less, 1.5, 70.0 - less, 95.0] for way, less in ways.items()})
        for one in runs
    }


def streets():
    """Results of all segmentation runs: 60 % and more with the seed, 10 points less from scratch; prior 20 %."""
    runs = [one for one in plan() if one.unit == "05_fcn"]
    whole = {one.name: 60.0 + one.seed - 10 * (one.backbone == "scratch") for one in runs}
    return {name: result(**{"your FCN-8s": [value, 30.0], "prior": [20.0, 10.0]}) for name, value in whole.items()}


def test_every_run_has_a_name_of_its_own_and_three_seeds_at_least_tell_what_is_reported():
    names = [one.name for one in plan()]
    assert len(names) == len(set(names))
    kinds = {(one.unit, one.data, one.backbone) for one in plan()} - {(one.unit, "BCCD-part", "") for one in plan()}
    seeds = {kind: [one.seed for one in plan() if (one.unit, one.data, one.backbone) == kind] for kind in kinds}
    assert all(found in ([0, 1, 2], [0, 3], [0]) for found in seeds.values())
    assert {kind[0] for kind, found in seeds.items() if len(found) < 3} == {"01_transfer_learning"}  # three draws each


def test_a_name_picks_the_runs_that_begin_so():
    assert [one.name for one in chosen(["03_fast_rcnn-BCCD-1", "02_rcnn-VOC-random-2"])] == [
        "03_fast_rcnn-BCCD-1",
        "02_rcnn-VOC-random-2",
    ]
    assert chosen([]) == plan()
    assert chosen(["99"]) == []


def own(unit):
    """The cells of a unit's notebook."""
    return [cell.source for cell in read_source(ROOT / "solutions" / unit / f"{unit}.py").cells]


@pytest.mark.parametrize("one", [one for one in plan() if one.unit not in run.BESIDE], ids=lambda one: one.name)
def test_cells_are_the_notebook_s_own_up_to_the_result(one):
    cells = own(one.unit)
    ran = run.cells(one)
    added = [source for source in ran if source not in cells]
    assert [BACKBONES[one.backbone], ran[-1]] == added if one.backbone else [ran[-1]] == added
    assert not any(source.startswith("check(") for source in ran)
    assert run.RESULTS[one.unit][0] in run.defined(ran[-2])
    places = [cells.index(source) for source in ran if source in cells]
    assert places == sorted(places)


@pytest.mark.parametrize("one", [one for one in plan() if one.unit in run.BESIDE], ids=lambda one: one.name)
def test_on_other_data_the_notebook_s_functions_measure(one):
    cells, ran = own(one.unit), run.cells(one)
    assert set(ran[:-2]) <= set(cells)
    assert not any(source.startswith(("check(", "weights =")) for source in ran)
    names = "".join(ran[:-2])
    assert all(f"def {name}(" in names for name in ("verification_roc", "lfw_accuracy", "rank_one"))
    assert run.RESULTS[one.unit][0] in run.defined(ran[-2])


def test_words_and_imports_change_nothing_where_functions_measure(monkeypatch):
    one, said = Run("07_faces", "ORL", 0), ['def f():\n    """One."""\n    return 1', "import math", "'words'"]
    monkeypatch.setattr(run, "cells", lambda given: said)
    first = run.digest(one)
    said[:2] = ['def f():\n    """Two."""\n    return 1', "import math\nimport json"]
    assert run.digest(one) == first
    said[0] = "def f():\n    return 2"
    assert run.digest(one) != first


def test_a_digest_is_that_of_what_is_done(monkeypatch):
    one, said = Run("03_fast_rcnn", "BCCD", 0), ["x = 1  # one"]
    monkeypatch.setattr(run, "cells", lambda given: said)
    first = run.digest(one)
    said[0] = "x  =  1  # eins"
    assert run.digest(one) == first
    assert run.digest(Run("03_fast_rcnn", "BCCD", 1)) != first
    said[0] = "x = 2"
    assert run.digest(one) != first


def test_what_has_finished_is_not_run_again(tmp_path, monkeypatch, settings_from):
    settings_from(COURSE_CACHE=str(tmp_path))
    one = plan()[0]
    run.place(one).parent.mkdir()
    run.place(one).write_text(json.dumps(result(mAP=1.0)))
    monkeypatch.setattr(run, "run_notebook", None)
    assert run.measure(one, tmp_path) == result(mAP=1.0)


def test_a_cell_that_fails_is_named_and_nothing_is_kept(tmp_path, monkeypatch, settings_from):
    settings_from(COURSE_CACHE=str(tmp_path / "cache"))
    monkeypatch.setattr(run, "cells", lambda one: ["x = 1", "1 / 0"])
    monkeypatch.setattr(run, "part_of_train", lambda data, folder: None)
    with pytest.raises(run.RealRunError, match=r"02_rcnn-VOC-frozen-0 did not run through.\n(.|\n)*ZeroDivisionError"):
        run.measure(Run("02_rcnn", "VOC", 0, "frozen"), tmp_path)
    assert not run.place(Run("02_rcnn", "VOC", 0, "frozen")).exists()


def test_a_result_is_kept_with_what_was_printed(tmp_path, monkeypatch, settings_from):
    settings_from(COURSE_CACHE=str(tmp_path / "cache"))
    keep = "import pathlib; pathlib.Path('result.json').write_text('{\"mAP\": 3.0}')"
    monkeypatch.setattr(run, "cells", lambda one: ["print('hello')", keep])
    monkeypatch.setattr(run, "part_of_train", lambda data, folder: None)
    kept = run.measure(Run("02_rcnn", "VOC", 0), tmp_path)
    assert (kept["result"], kept["printed"]) == ({"mAP": 3.0}, "hello\n")
    assert json.loads(run.place(Run("02_rcnn", "VOC", 0)).read_text()) == kept


def test_a_part_of_train_is_laid_down_without_an_image_of_val(test_data, tmp_path):
    part_of_train(test_data, tmp_path)
    part_of_train(test_data, tmp_path)  # a second time is no mistake
    train, val = (voc_layout(tmp_path / "BCCD-part", split) for split in ("train", "val"))
    known, unseen = (voc_layout(test_data / "BCCD", split) for split in ("train", "val"))
    assert (len(train), len(val)) == (155, 50)
    names = [{path.stem for path in one.images} for one in (train, val, known, unseen)]
    assert names[0] | names[1] == names[2]
    assert not names[0] & names[1]
    assert not (names[0] | names[1]) & names[3]
    assert (tmp_path / "hymenoptera_data" / "train").is_dir()


@pytest.fixture
def given(monkeypatch):
    """What `give` replaces is put back."""
    monkeypatch.setattr(models, "backbone", models.backbone)
    monkeypatch.setattr(trunk, "backbone", trunk.backbone)
    monkeypatch.setattr(trunk.Trunk, "frozen", trunk.Trunk.frozen)


@pytest.mark.parametrize("pretrained", [True, False])
def test_a_frozen_backbone_has_the_weights_asked_for_and_learns_nothing(given, pretrained):
    known = models.backbone("small")
    give(pretrained)
    for net in (models.backbone("small"), trunk.Trunk(3, 8).conv):
        assert not any(weight.requires_grad for weight in net.parameters())
        own, other = (next(iter(one.parameters())) for one in (net, known))
        assert torch.equal(own, other) == pretrained
    assert trunk.Trunk(3, 8).narrow.weight.requires_grad
    assert not torch.equal(next(models.backbone("small", pretrained=False).parameters()), next(known.parameters()))


def test_a_network_from_scratch_learns_all_its_weights(given):
    known = models.backbone("small")
    begin()
    one = models.backbone("small")
    assert not torch.equal(next(one.parameters()), next(known.parameters()))
    assert all(weight.requires_grad for weight in one.parameters())


def test_random_batch_normalisation_sees_images_before_it_stands_still():
    net = models.backbone("small", pretrained=False)
    settle(net)
    assert not net.training
    norms = [one for one in net.modules() if isinstance(one, torch.nn.BatchNorm2d)]
    assert not any(torch.equal(one.running_mean, torch.zeros_like(one.running_mean)) for one in norms)


def test_numbers_are_told_with_their_spread():
    assert told([]) == "–"
    assert told([3.14]) == "3.1"
    assert told([1.0, 3.0]) == "2.0 ± 1.4"
    assert values([result(a=[1, 2]), result(b=3), result(a=4)], "a") == [1, 2, 4]


def test_pretraining_compares_equal_seeds_only():
    results = detections()
    assert pretraining(results, "02_rcnn") == [1.0, 1.0, 1.0]
    del results["02_rcnn-VOC-random-1"]
    assert pretraining(results, "02_rcnn") == [1.0, 1.0]
    assert pretraining({}, "02_rcnn") == []


def test_figures_have_their_targets_and_what_is_not_measured_has_none():
    shown = figures(detections())["full · 03_fast_rcnn"]
    assert [(one.value, one.seeds) for one in shown] == [(51.0, 3), (1.0, 3)]
    assert (shown[1].target, shown[1].met) == (GAIN, False)
    assert all(not found for found in figures({}).values())
    draws = {f"{name}, {size}": [80.0, 82.0] for name in ("fixed features", "fine-tuned") for size in (6, 30)}
    kept = {"01_transfer_learning-cifar10-0": result(**draws | {"scratch, 30": [50.0, 60.0]})}
    sooner, tuned, _ = figures(kept)["full · 01_transfer_learning"]
    assert (sooner.value, sooner.met, tuned.value) == (26.0, True, 0.0)


def test_a_table_has_a_line_for_each_strategy():
    text = few_shot("cifar10", [result(**{"fine-tuned, 1": [20.0, 40.0], "fixed features, 1": [1, 2]})])
    assert "2 draws" in text
    assert re.search(r"\| fine-tuned \| 30.0 ± 14.1 \| – \|", text)
    assert few_shot("cifar10", []) == ""


def test_the_page_names_what_is_not_measured():
    results = detections()
    assert "`01_transfer_learning-cifar10-0`" in sections(results)
    assert "| Faster R-CNN | 205 images, tested on 87 | 51.0 ± 1.0 |" in sections(results)
    full = results | {one.name: result(**{"fine-tuned, 1": [1.0, 2.0]}) for one in plan() if one.data == "cifar10"}
    full |= {one.name: result(**{"fine-tuned, 1": [1.0, 2.0]}) for one in plan() if one.data == "hymenoptera"}
    assert "Not measured" in sections(full)
    assert "Not measured" not in sections(full | streets() | portraits())


def test_segmentation_is_told_with_its_prior_and_without_pretraining():
    text = sections(streets())
    assert "| most frequent class of each place | 20.0 | 10.0 | – | – |" in text
    assert "| FCN-8s, ImageNet's weights | 61.0 ± 1.0 | 30.0 ± 0.0 | 40 | 3 |" in text
    assert "| FCN-8s, random weights | 51.0 ± 1.0 | 30.0 ± 0.0 | – | 3 |" in text
    shown = figures(streets())["full · 05_fcn"]
    assert [(one.value, one.seeds, one.met) for one in shown] == [(61.0, 3, True), (41.0, 3, True), (10.0, 3, True)]
    alone = {name: kept for name, kept in streets().items() if "scratch" not in name}
    assert len(figures(alone)["full · 05_fcn"]) == 2


def test_faces_are_told_way_by_way_with_targets_for_the_tuned_network():
    text = sections(portraits())
    assert "| pixels, 46 × 46 | 72.0 ± 1.0 | 1.5 ± 0.0 | 50.0 ± 0.0 | 95.0 ± 0.0 | – | 3 |" in text
    assert "tuned by triplets | 92.0 ± 1.0 | 1.5 ± 0.0 | 70.0 ± 0.0 | 95.0 ± 0.0 | 90 | 3 |" in text
    shown = figures(portraits())["full · 07_faces"]
    assert [(one.value, one.seeds, one.met) for one in shown] == [
        (92.0, 3, True),
        (10.0, 3, True),
        (15.0, 3, True),
        (20.0, 3, None),
    ]


def test_results_of_changed_cells_are_dropped_and_those_of_the_cache_come_first(tmp_path, settings_from):
    settings_from(COURSE_CACHE=str(tmp_path))
    first, second, third, *_ = plan()
    before = {one.name: result(mAP=1.0) | {"digest": run.digest(one)} for one in (first, second)}
    before[third.name] = result(mAP=1.0)
    run.place(first).parent.mkdir()
    run.place(first).write_text(json.dumps(result(mAP=2.0) | {"printed": "…"}))
    found = page.collected(before)
    assert {name: kept["result"]["mAP"] for name, kept in found.items()} == {first.name: 2.0, second.name: 1.0}
    assert "printed" not in found[first.name]


def test_the_second_table_takes_the_place_of_the_one_before():
    once = page.with_real(table({}), detections())
    assert page.with_real(once, detections()) == once
    assert once.startswith(table({}))
    assert once.count("full · 02_rcnn") == 1


def test_documents_tell_what_was_measured():
    results = page.read()
    assert results.keys() <= {one.name for one in plan()}
    assert (ROOT / "docs" / "real.md").read_text(encoding="utf-8") == sections(results)
    document = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    assert page.with_real(document, results) == document


def test_data_sets_of_all_runs_are_known():
    assert {one.data for one in plan()} == set(DATA)
    assert len(of(detections(), "04_faster_rcnn", "BCCD")) == 3

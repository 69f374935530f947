"""The GPU's plan: each of its parts with tiny sizes on a CPU, its tables on literal numbers, and its refusal."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from benchmarks import throughput
from benchmarks.detection import peer as small_peer
from benchmarks.gpu import __main__ as plan
from benchmarks.gpu import notebooks, pooling, scenes, training
from benchmarks.gpu.notebooks import Compared, Ran
from benchmarks.gpu.pooling import Pooled
from benchmarks.gpu.training import Learner, Speed
from benchmarks.grading import BenchmarkError
from course_lib import data
from course_lib.data.segmentation import segmentation
from course_lib.data.voc import VOC_CLASSES
from course_lib.errors import SettingsError
from course_lib.figures import Figure


def test_it_refuses_a_machine_without_a_gpu(root, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SettingsError, match="(?s)PyTorch sees none.*expected: torch.cuda.is_available"):
        plan.require_gpu()
    words, hidden = [sys.executable, "-m", "benchmarks.gpu"], {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    before = (root / "docs" / "gpu.md").exists()
    done = subprocess.run(words, cwd=root, env=hidden, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("This benchmark is about a GPU")
    assert (root / "docs" / "gpu.md").exists() == before


def test_the_made_up_photographs_are_read_as_voc_s(tmp_path, settings_from):
    scenes.make(tmp_path, images=2)
    settings_from(COURSE_PROFILE="full", COURSE_BACKBONE="resnet18", COURSE_DATA=tmp_path, COURSE_DEVICE="cpu")
    photographs, masks = data.detection("train", 9), segmentation("val", 9)
    assert len(photographs) == len(masks) == 2
    assert photographs.classes == VOC_CLASSES
    first, mask = photographs[0], masks[0].mask
    assert first.image.shape[1:] == mask.shape == (375, 500)
    assert len(first.boxes)
    for box, label in zip(first.boxes.round().int().tolist(), first.labels.tolist(), strict=True):
        x1, y1, x2, y2 = box
        assert (mask[y1:y2, x1:x2] == label + 1).any()


@pytest.mark.long
@pytest.mark.release
def test_detectors_and_segmenters_learn_from_the_same_batches(settings_from, monkeypatch):
    settings_from(COURSE_DEVICE="cpu")
    monkeypatch.setattr(throughput, "WARM", 1)
    monkeypatch.setattr(training, "same_backbone", small_peer)
    monkeypatch.setitem(training.PEERS, "small", "fcn_resnet50")
    learners = [*training.detectors(), *training.segmenters(images=2)]
    assert learners[0].batch is learners[1].batch
    assert learners[2].batch is learners[3].batch is learners[4].batch
    found = training.measure(learners, rounds=1, steps=1)
    assert [one.task for one in found] == ["detection"] * 2 + ["segmentation"] * 3
    assert all(len(one.speeds) == 1 and min(one.speeds) > 0 and one.memory == 0 for one in found)
    assert found[4].parameters > 3e7  # ResNet-50 and its head
    scores = [one.make().eval()(one.batch(0)[0]).shape for one in learners[2:]]
    assert scores[0] == scores[1] == scores[2]


def test_torchvision_s_fcn_has_the_settings_backbone(settings_from):
    settings_from(COURSE_PROFILE="full", COURSE_BACKBONE="resnet101", COURSE_DEVICE="cpu")
    with torch.device("meta"):
        assert len(training.peer(21).backbone.layer3) == 23
    settings_from(COURSE_PROFILE="full", COURSE_BACKBONE="resnet50", COURSE_DEVICE="cpu")
    with torch.device("meta"):
        assert len(training.peer(21).backbone.layer3) == 6
    settings_from(COURSE_PROFILE="full", COURSE_BACKBONE="lite0", COURSE_DEVICE="cpu")
    with pytest.raises(SettingsError, match="expected: resnet50 or resnet101"):
        training.peer(21)


def test_a_learner_is_timed_without_the_making_of_its_batches(settings_from):
    settings_from(COURSE_DEVICE="cpu")
    made = []
    batch = training.kept(lambda number: (made.append(number) or torch.ones(1, 1),), count=2)
    one = Learner("t", "n", lambda: torch.nn.Linear(1, 1), batch, lambda net, x: net(x).sum(), images=3)
    (found,) = training.measure([one], rounds=3, steps=2)
    assert made == [0, 1]
    assert len(found.speeds) == 3
    assert (found.images, found.parameters) == (3, 2)


@pytest.mark.long
@pytest.mark.release
def test_both_orders_answer_for_every_region(settings_from):
    settings_from(COURSE_DEVICE="cpu")
    found = pooling.measure(regions=20, rounds=2)
    assert (found.backbone, found.regions) == ("small", 20)
    assert len(found.rcnn) == len(found.fast) == 2
    assert found.ratio > 0
    with pytest.raises(BenchmarkError, match="Regions were left out"):
        pooling._counted([torch.zeros(3, 2), torch.zeros(4, 2)], 8)
    with pytest.raises(BenchmarkError, match="too few proposals"):
        pooling.measure(regions=100_000)


def test_a_part_that_fails_is_told(tmp_path, monkeypatch):
    (tmp_path / "part.py").write_text("import os, sys, json\nprint('noise')\nprint(json.dumps(dict(os.environ)))")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("COURSE_LIMIT", "3")
    monkeypatch.setenv("COURSE_CACHE", "kept")
    environment = plan.said("part", COURSE_DEVICE="cpu")
    ours = {name: value for name, value in environment.items() if name.startswith("COURSE_")}
    assert ours == {"COURSE_CACHE": "kept", "COURSE_DEVICE": "cpu"}
    (tmp_path / "part.py").write_text("raise SystemExit('no such luck')")
    with pytest.raises(BenchmarkError, match="no such luck"):
        plan.said("part")


def test_parts_run_with_the_settings_of_full(monkeypatch):
    asked = []

    def said(module, **variables):
        asked.append((module.rpartition(".")[2], variables))
        if "training" in module:
            return [{"task": "t", "name": "n", "images": 2, "speeds": [1.0], "memory": 0, "parameters": 1}]
        return {"backbone": "b", "regions": 5, "rcnn": [6.0], "fast": [2.0]}

    monkeypatch.setattr(plan, "said", said)
    assert plan.speeds("cpu", "resnet18") == [Speed("t", "n", 2, (1.0,), 0, 1)]
    assert plan.pooled("cpu", "resnet18") == [Pooled("b", 5, (6.0,), (2.0,))] * 2
    profiles = [(module, variables["COURSE_PROFILE"], variables["COURSE_DEVICE"]) for module, variables in asked]
    assert profiles == [("training", "full", "cpu"), ("pooling", "mini", "cpu"), ("pooling", "full", "cpu")]
    assert asked[0][1]["COURSE_BACKBONE"] == asked[2][1]["COURSE_BACKBONE"] == "resnet18"


@pytest.mark.long
@pytest.mark.release
def test_a_notebook_s_figures_come_from_the_device_asked_for(tmp_path, monkeypatch):
    source = tmp_path / "lectures" / "00_cnn_recap.py"
    source.parent.mkdir()
    source.write_text("")
    monkeypatch.setattr(notebooks, "build_lecture", lambda source: a_notebook("0.5"))
    run = notebooks.ran(source, "cpu")
    assert (run.name, run.failure) == ("lecture 00_cnn_recap", "")
    assert [figure.name for figure in run.figures] == ["on cpu"]
    assert run.figures[0].value == 0.5
    monkeypatch.setattr(notebooks, "build_lecture", lambda source: a_notebook("1 / 0"))
    assert "ZeroDivisionError" in notebooks.ran(source, "cpu").failure
    monkeypatch.setattr(notebooks, "LONGEST", 3)
    monkeypatch.setattr(notebooks, "build_lecture", lambda source: a_notebook("__import__('time').sleep(60)"))
    assert notebooks.ran(source, "cpu").failure


def a_notebook(value):
    import nbformat

    code = "from course_lib.figures import figure\nfrom course_lib.settings import settings\n"
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(f"{code}figure('on ' + settings().device, {value})")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


FIGURES = (
    Figure("shipped", 3.0, unit="%", seeds=3, spread=0.1),
    Figure("trained here", 3.15, unit="%", seeds=3, spread=0.1),
    Figure("trained badly", 3.25, unit="%", seeds=3, spread=0.1),
    Figure("F1 of your audit", 2.99),
    Figure("unknown spread", 3.3),
    Figure("seconds", 9.0, unit="s"),
    Figure("Fast R-CNN is faster than R-CNN: much", 9.0, unit="times"),
    Figure("needs full", None),
)


def test_what_fits_the_cpu_s_result(monkeypatch, settings_from):
    settings_from()
    monkeypatch.setattr(notebooks, "recorded", lambda name: 3.0)
    found = notebooks.compared([Ran("exercise x", 1.0, "", FIGURES)])
    assert {one.figure.name: (one.equal, one.fits) for one in found} == {
        "shipped": (True, True),
        "trained here": (False, True),
        "trained badly": (False, False),
        "F1 of your audit": (False, True),  # 0.01 beside 0.009 over three seeds
        "unknown spread": (False, False),
    }


def test_the_notebooks_table_names_what_differs_and_what_stopped(monkeypatch, settings_from):
    settings_from()
    monkeypatch.setattr(notebooks, "recorded", lambda name: 3.0)
    text = notebooks.table([Ran("exercise x", 1.0, "", FIGURES), Ran("lecture x", 1.0, "cell 3 raised\nE", ())])
    assert text.startswith("1 of 2 notebooks run through. 1 of 5 figures")
    assert "2 of the other 4 are within 2 standard deviations" in text
    assert "| exercise x | trained here | 3 % | 3.15 % | 0.1 | yes |" in text
    assert "| exercise x | unknown spread | 3 | 3.3 | – | **no** |" in text
    assert "**lecture x stopped**: cell 3 raised E" in text
    assert "shipped" not in text


def test_every_spread_is_that_of_a_shipped_training_and_of_a_recorded_figure(root):
    known = json.loads((root / "course_lib" / "recorded.json").read_text())
    for name in notebooks.SPREADS:
        assert name in known
        assert notebooks.spread_of(Figure(name, 1.0)) > 0


def test_each_figure_of_one_training_has_a_spread(root):
    """Without one, a GPU's result of it could not be judged."""
    rows = [
        line.split(" | ") for line in (root / "docs" / "figures.md").read_text().splitlines() if "| – | 1 |" in line
    ]
    alone = [(name, measured.partition(",")[0]) for _, name, _, measured, *_ in rows]
    judged = [name for name, measured in alone if not notebooks.is_time(Figure(name, 1.0, unit=measured.split()[-1]))]
    same = {"R-CNN's features on disk, if these were VOC 2007's 5,011 images of 2,000 windows"}  # computed from shapes
    assert {*judged} - same == {*notebooks.SPREADS}


def test_tables_of_training_and_pooling():
    rows = [
        Speed("detection", "unit 04's", 2, (20.0, 21.0, 19.0), 4_000_000_000, 30_000_000),
        Speed("detection", "torchvision's", 2, (10.0, 10.0, 8.0), 5_500_000_000, 41_500_000),
    ]
    ours, theirs = plan.training_table(rows).splitlines()[-2:]
    assert ours == "| detection | unit 04's | 30.0 | 2 | 20.0 | 19.0 to 21.0 | 4.00 | 2.00 |"
    assert theirs == "| detection | torchvision's | 41.5 | 2 | 10.0 | 8.0 to 10.0 | 5.50 | 1.00 |"
    met, missed = plan.pooling_table([Pooled("small", 2000, (6.0,), (0.1,)), Pooled("big", 2000, (3.0,), (0.1,))])[
        :-1
    ].splitlines()[-2:]
    assert met == "| small | 2,000 | 6.0000 | 0.1000 | 60.0 | at least 50, met |"
    assert missed.endswith("| 30.0 | at least 50, **not met** |")


def test_the_document_is_written_whole_or_not_at_all(tmp_path, monkeypatch, capsys):
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(plan, "ROOT", tmp_path)
    monkeypatch.setattr(plan, "require_gpu", lambda: "a GPU")
    monkeypatch.setattr(plan, "speeds", lambda device: [Speed("t", "torchvision's", 2, (1.0,), 0, 1)])
    monkeypatch.setattr(plan, "pooled", lambda device: [Pooled("small", 2000, (6.0,), (0.1,))])
    monkeypatch.setattr(plan.notebooks, "all_ran", lambda sources, device: [Ran("lecture x", 1.0, "", ())])
    plan.main()
    text = (tmp_path / "docs" / "gpu.md").read_text()
    assert all(part in text for part in ("# On a GPU", "## Training", "## Fast R-CNN", "## Every notebook", "a GPU."))
    assert "more than" not in text
    assert capsys.readouterr().out.splitlines()[-1].startswith("seconds: ")
    ticks = iter((0.0, 481.0))
    monkeypatch.setattr(plan, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    plan.main()
    assert "**more than the 480 s" in (tmp_path / "docs" / "gpu.md").read_text()


def test_a_comparison_is_of_values_not_of_digits():
    assert Compared("n", Figure("f", 0.1 + 0.2), 0.3, None).equal
    assert not Compared("n", Figure("f", 0.3001), 0.3, None).equal

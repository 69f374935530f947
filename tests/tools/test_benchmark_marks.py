"""Training to a mark: the loop on one layer, the recipes beside PyTorch's, both sides of each task, the page."""

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
import torchvision
from torch.optim import SGD
from torch.optim.lr_scheduler import LambdaLR, LinearLR, MultiStepLR

from autograder import reference
from benchmarks.marks import detection, faces, measure, page, pose, recipes, segmentation
from benchmarks.marks.__main__ import TASKS, known
from benchmarks.marks.contest import RANDOM, Contestant, Task
from benchmarks.marks.measure import Found, Row
from benchmarks.marks.train import Run, place, train
from course_lib import training
from course_lib.errors import CourseError, Diverged
from tools import ROOT

GOAL = torch.tensor([[1.0, -2.0, 3.0]])


def batches(seed):
    def batch(index):
        inputs = torch.randn(8, 3, generator=torch.Generator().manual_seed(1000 * seed + index))
        return inputs, inputs @ GOAL.T

    return batch


def squares(network, inputs, targets):
    value = ((network(inputs) - targets) ** 2).mean()
    return value, {"squares": value}


def near(network):
    """1 where the layer is right, less where it is not."""
    return 1 / (1 + (network.weight - GOAL).norm().item())


def layer(**other):
    how = {"trial": 0.05, "steps": 60, "every": 5, "images": 8, "make": lambda: torch.nn.Linear(3, 1, bias=False)}
    how |= {"batches": batches, "loss": squares, "score": near, "recipes": (recipes.course(0.3),)}
    return Contestant("a layer", RANDOM, **(how | other))


def a_task(**other):
    how = {
        "mark": 0.6,
        "origin": "Chosen.",
        "ceiling": 100.0,
        "about": "Of a layer.",
        "contestants": lambda: (layer(),),
    }
    return Task("layers", "nearness", **(how | other))


@pytest.fixture(autouse=True)
def own_cache(settings_from):
    settings_from(COURSE_DEVICE="cpu")


def test_a_training_is_the_courses_loop():
    """Step by step the same losses as `training.fit` has, to the end of its schedule."""
    losses, one = [], layer()

    def noted(network, *data):
        value, _ = squares(network, *data)
        losses.append(value.item())
        return value

    run = train(replace(one, loss=noted), one.recipes[0], seed=2, mark=2.0, limit=100.0)
    torch.manual_seed(2)
    assert losses == training.fit(one.make(), batches(2), squares, 60, 0.3, progress=False)
    assert run.steps == 60
    assert run.loss == pytest.approx(sum(losses[-10:]) / 10)


def test_a_training_ends_at_the_first_measurement_that_is_at_the_mark():
    run = train(layer(), recipes.course(0.3), seed=0, mark=0.6, limit=100.0)
    values = [value for _, value in run.points]
    assert values[-1] == run.best >= 0.6 > max(values[:-1])
    assert run.steps == 5 * len(values) < 60


def test_a_training_goes_on_where_its_ceiling_stopped_it():
    whole = train(layer(), recipes.course(0.3), seed=1, mark=2.0, limit=100.0)
    other = replace(layer(), name="another layer")
    parts = [train(other, recipes.course(0.3), seed=1, mark=2.0, limit=0.0)]
    assert parts[0].steps == 1  # a training that has begun has one step at least
    parts.append(train(other, recipes.course(0.3), seed=1, mark=2.0, limit=100.0))
    assert [value for _, value in parts[1].points] == [value for _, value in whole.points]
    assert parts[1].seconds > parts[0].seconds > 0
    assert train(other, recipes.course(0.3), seed=1, mark=2.0, limit=100.0) == parts[1]
    assert train(other, recipes.course(0.3), seed=1, mark=2.0, limit=0.0) == parts[0]  # as it was then


def test_only_the_training_counts():
    """A measurement that takes a fifth of a second of the processor adds nothing; a batch that does adds it."""

    def work():
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass

    slow = layer(score=lambda network: work() or 0.0, steps=10)
    assert train(slow, recipes.course(0.3), 0, mark=2.0, limit=100.0).seconds < 0.2
    late = layer(batches=lambda seed: lambda index: work() or batches(seed)(index), steps=10)
    assert train(replace(late, name="late"), recipes.course(0.3), 0, mark=2.0, limit=100.0).seconds > 1.9


def test_a_loss_that_is_no_number_is_an_error():
    with pytest.raises(Diverged, match="a layer went astray at step 0"):
        train(layer(loss=lambda network, *data: network.weight.sum() * torch.nan), recipes.course(0.3), 0, 0.8, 1.0)


def test_the_recipe_that_is_ahead_trains_and_its_trial_counts_once():
    slow, quick = recipes.course(1e-3), recipes.course(0.3)
    task = a_task()
    one = layer(recipes=(slow, quick), steps=4000, seeds=(0, 1))
    row = measure.contest(one, task)
    assert row.recipe == quick.name
    assert row.tried[quick.name].best > row.tried[slow.name].best
    assert row.tried[quick.name].points == row.runs[0].points[: len(row.tried[quick.name].points)]
    assert [run.seed for run in row.runs] == [0, 1]
    assert all(run.best >= task.mark for run in row.runs)


@pytest.mark.parametrize(
    ("ahead", "behind"),
    [
        (Run(0, 9, 8.0, [[7.0, 0.1], [8.0, 0.5]], 9.0), Run(0, 9, 9.0, [[9.0, 0.6]], 1.0)),  # earlier at the mark
        (Run(0, 9, 99.0, [[99.0, 0.5]], 9.0), Run(0, 9, 1.0, [[1.0, 0.4]], 1.0)),  # one at the mark, one not
        (Run(0, 9, 9.0, [[9.0, 0.4]], 9.0), Run(0, 9, 1.0, [[1.0, 0.3]], 1.0)),  # the higher metric
        (Run(0, 9, 9.0, [[9.0, 0.0]], 1.0), Run(0, 9, 1.0, [[1.0, 0.0]], 2.0)),  # the lower loss
        (Run(0, 9, 9.0, [], 1.0), Run(0, 9, 1.0, [], 2.0)),
    ],
)
def test_which_of_two_trials_is_ahead(ahead, behind):
    assert measure.rank(ahead, 0.5) > measure.rank(behind, 0.5)


def test_rates_are_those_of_torchvisions_scripts():
    """As references/detection/engine.py and train.py, and references/segmentation/train.py, put PyTorch's together."""
    epochs, each = 26, 200
    recipe = recipes.torchvision_detection(images=2, epochs=epochs, drops=(16, 22))
    assert (recipe.rate, recipes.torchvision_segmentation(8).rate) == (0.0025, 0.0025)
    optimizer = SGD([torch.zeros(1, requires_grad=True)], recipe.rate)
    drops = MultiStepLR(optimizer, [16, 22])
    warm_up, found = LinearLR(optimizer, 1e-3, total_iters=each - 1), []
    for epoch in range(epochs):
        for _ in range(each):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if epoch == 0:
                warm_up.step()
        drops.step()
    assert [recipe.schedule(step, 5200, recipe.rate) for step in range(5200)] == pytest.approx(found)

    optimizer = SGD([torch.zeros(1, requires_grad=True)], 0.01)
    power, found = LambdaLR(optimizer, lambda step: (1 - step / 1500) ** 0.9), []
    for _ in range(1500):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        power.step()
    assert [recipes.falling(step, 1500, 0.01) for step in range(1500)] == pytest.approx(found)


@pytest.fixture
def few(monkeypatch, settings_from):
    """The units, loaded as they are, with a handful of pictures."""
    reference.load(detection.beside.UNIT)
    for unit, counts in {
        "05_fcn": {"SCENES": 8, "VALS": 2},
        "06_pose": {"PERSONS": 16},
        "07_faces": {"TRAINS": 4, "TESTS": 2},
    }.items():
        for name, count in counts.items():
            monkeypatch.setitem(reference.load(unit), name, count)
    monkeypatch.setattr(detection.beside, "SCENES", 4)
    monkeypatch.setattr(detection, "VALS", 2)
    monkeypatch.setattr(pose, "VALS", 4)
    settings_from(COURSE_DEVICE="cpu", COURSE_LIMIT=64)


def same(one, other) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return len(one) == len(other) and all(map(same, one, other))


@pytest.mark.parametrize("module", [detection, segmentation, faces], ids=lambda module: module.__name__.split(".")[-1])
def test_all_contestants_of_a_task_draw_the_same_batches(module, few):
    first, *others = module.contestants()
    for seed, index in ((0, 0), (1, 3)):
        drawn = first.batches(seed)(index)
        assert all(same(drawn, one.batches(seed)(index)) for one in others)
    assert not same(first.batches(0)(0), first.batches(1)(0))
    assert {one.images for one in others} == {first.images}


def test_both_contestants_of_pose_learn_the_same_persons(few):
    ours, _, peer = pose.contestants()
    unit = reference.load("06_pose")
    for seed, index in ((0, 0), (1, 3)):
        images, targets, annotated = ours.batches(seed)(index)
        others, joints, known = peer.batches(seed)(index)
        assert same([images, annotated], [others, known])
        assert same(targets, unit["disks_of"](joints, annotated))


@pytest.mark.long
@pytest.mark.release
@pytest.mark.parametrize("name", TASKS)
def test_each_contestant_takes_a_step_and_is_measured(name, few, monkeypatch):
    """All its weights move that should, and the metric is a share."""
    for one in TASKS[name].contestants():
        made = []
        one = replace(one, make=lambda one=one, made=made: made.append(one.make()) or made[-1], every=1, steps=2)
        torch.manual_seed(0)
        before = {key: value.clone() for key, value in one.make().named_parameters()}
        run = train(one, one.recipes[-1], 0, mark=2.0, limit=100.0)
        assert run.steps == 2
        assert all(0 <= value <= 1 for _, value in run.points)
        network = made[-1]
        stayed = {key for key, value in network.named_parameters() if torch.equal(value, before[key])}
        frozen = {key for key, value in network.named_parameters() if not value.requires_grad}
        assert stayed == frozen
        assert not frozen or one.begins != RANDOM
        assert network.training


def test_keypoints_go_to_torchvision_as_it_wants_them_and_come_back_in_pixels():
    """A stand-in with torchvision's interface gives back the joints of its targets, or finds nobody."""
    joints, annotated = torch.rand(2, 14, 2) * 64, torch.rand(2, 14) > 0.3
    seen = {}

    def network(images, targets=None):
        if targets is not None:
            seen["targets"] = targets
            return {"a": torch.tensor(1.0), "b": torch.tensor(2.0)}
        return [{"keypoints": joints[:1]}, {"keypoints": joints[:0]}]

    assert pose.loss(network, torch.zeros(2, 3, 64, 64), joints, annotated) == 3
    assert [one["boxes"].tolist() for one in seen["targets"]] == [[[0.0, 0.0, 64.0, 64.0]]] * 2
    assert same([one["keypoints"][0, :, :2] for one in seen["targets"]], list(joints))
    assert same([one["keypoints"][0, :, 2] > 0 for one in seen["targets"]], list(annotated))
    found = pose.found(network, torch.zeros(2, 3, 64, 64, dtype=torch.uint8))
    assert torch.equal(found[0], joints[0])
    assert found[1].isnan().all()


def test_how_slow_the_whole_model_is_is_measured(few, monkeypatch):
    """With the light network in its place, and a clock that gives three seconds to a step."""
    asked, clock = {}, iter((10.0, 13.0))

    def get_model(name, **options):
        asked[name] = options
        return pose.light(options["num_keypoints"])

    monkeypatch.setattr(torchvision.models, "get_model", get_model)
    monkeypatch.setattr(pose, "time", SimpleNamespace(process_time=lambda: next(clock)))
    monkeypatch.setattr(pose, "EPOCHS", 86400)
    assert pose.slow() == (
        "`keypointrcnn_resnet50_fpn` takes 3 CPU seconds for one step with one person: 86400 epochs of 16 persons "
        "would take 48 days."
    )
    assert asked == {pose.PEER: {"weights": None, "weights_backbone": None, "num_keypoints": 14}}


def test_the_triplets_of_both_losses_are_of_one_kind():
    """On embeddings whose triplets all keep the margin or none does, both losses are 0, or neither is."""
    unit, theirs = reference.load("07_faces"), faces.triplets()
    people = torch.arange(4).repeat_interleave(2)
    apart = torch.eye(4).repeat_interleave(2, dim=0)
    mixed = torch.nn.functional.normalize(apart + 0.6 * torch.rand(8, 4, generator=torch.Generator().manual_seed(0)))
    for rows, nothing in ((apart, True), (mixed, False)):
        values = [loss(lambda images: images, rows, people).item() for loss in (unit["loss"], theirs)]
        assert [value == 0 for value in values] == [nothing] * 2


def a_row(*bests, seconds=10.0, begins=RANDOM, name="ours"):
    runs = [Run(seed, 40, seconds + seed, [[5.0, 0.1], [seconds + seed, best]], 1.0) for seed, best in enumerate(bests)]
    return Row(name, begins, "AdamW", {"AdamW": runs[0], "SGD": Run(0, 30, 9.4, [], 1.5)}, 2, runs)


def test_what_is_measured_is_kept_and_read_back(tmp_path):
    task, path = a_task(beside=lambda: "Slow."), tmp_path / "measured.json"
    measure.keep("other", Found([a_row(0.5)], "", "A machine."), path)
    measure.measure(task, path)
    found = measure.read(path)
    assert not place(layer(), layer().recipes[0], 0).exists()  # who has arrived begins anew next time
    assert list(found) == ["other", "layers"]
    assert found["other"] == Found([a_row(0.5)], "", "A machine.")
    (row,) = found["layers"].rows
    assert (row.name, row.recipe, row.tried, len(row.runs)) == ("a layer", recipes.course(0.3).name, {}, 3)
    assert found["layers"].beside == "Slow."
    assert found["layers"].machine.startswith("Measured on ")


def test_a_call_that_is_interrupted_repeats_nothing(tmp_path):
    """The first contestant has arrived when the second one stops the call; the next call finds its seconds."""
    both, path = [layer(), replace(layer(loss=lambda *_: 1 / 0), name="a peer")], tmp_path / "measured.json"
    task = a_task(contestants=lambda: both)
    with pytest.raises(ZeroDivisionError):
        measure.measure(task, path)
    before = measure.read(path)["layers"].rows
    both[1] = replace(layer(), name="a peer")
    measure.measure(task, path)
    assert measure.read(path)["layers"].rows[:1] == before
    assert len(before) == 1


def test_one_contestant_can_be_measured_again_alone(tmp_path, capsys):
    both, path = (layer(), replace(layer(), name="a peer")), tmp_path / "measured.json"
    task = a_task(contestants=lambda: both)
    measure.measure(task, path)
    before = measure.read(path)["layers"].rows
    capsys.readouterr()
    measure.measure(task, path, only="peer")
    after = measure.read(path)["layers"].rows
    assert "a layer" not in capsys.readouterr().out
    assert [row.name for row in after] == ["a layer", "a peer"]
    assert after[0] == before[0]


def test_a_line_tells_the_median_and_the_spread_or_how_far_it_came():
    told = [page.line(row, 0.2) for row in (a_row(0.2, 0.3, 0.4), a_row(0.3), a_row(0.2, 0.1), a_row(0.0))]
    assert told[0] == f"| ours | {RANDOM} | AdamW | 3 | 40 | 80 | 11.0 (10.0–12.0) |\n"
    assert told[1].endswith("| 10.0 |\n")
    assert told[2].endswith("| not within 11 s, 1 of 2 trainings; reached 10.0 % |\n")
    assert told[3].endswith("| not within 10 s; reached 10.0 % |\n")  # before it fell


@pytest.mark.parametrize(
    ("ours", "peer", "words"),
    [
        (0.2, 0.2, "peer needs 2.5 times the CPU seconds of ours: 1 times as many steps, each"),
        (0.2, 0.1, "peer has not arrived after 2.5 times the CPU seconds that ours needs"),
        (0.1, 0.2, "peer arrives, and ours does not."),
        (0.1, 0.1, "neither has arrived"),
    ],
)
def test_the_comparison_is_a_ratio_only_where_both_arrive(ours, peer, words):
    rows = [a_row(ours), a_row(0.9, seconds=1.0, begins="the course's weights"), a_row(peer, seconds=25.0, name="peer")]
    said = page.compared(rows, 0.2)
    assert words in said
    assert "inf" not in said
    assert page.compared(rows[:2], 0.2) == "Only one side is measured; there is no ratio yet."


def test_the_ratio_of_several_trainings_is_told_with_its_spread():
    said = page.compared([a_row(0.2, 0.3), a_row(0.2, 0.2, seconds=44.0, name="peer")], 0.2)
    assert "needs 4.2 times the CPU seconds of ours (by single trainings 4 to 4.5 times)" in said


def test_where_recipes_reach_the_same_the_loss_is_told():
    trials = {"A": (0.1, 1.5), "B": (0.1, 1.25), "C": (0.2, 3.0)}
    tried = {name: Run(0, 30, 10.0, [[10.0, best]], loss) for name, (best, loss) in trials.items()}
    row = replace(a_row(0.7), tried=tried)
    (said,) = page.tried([row])
    assert "A: 10.0 % after 10 s, loss 1.5; B: 10.0 % after 10 s, loss 1.25; C: 20.0 % after 10 s." in said


def test_a_section_tells_the_trials_and_what_is_missing():
    told = page.section(a_task(), Found([a_row(0.7)], "Slow.", "A machine."))
    assert told.startswith("\n## Layers: 60 % nearness\n\n| contestant |")
    assert "Recipes tried by ours, random weights: AdamW: 70.0 % after 10 s; SGD: 0.0 % after 9 s.\n" in told
    assert "\nChosen. Of a layer.\n" in told
    assert told.endswith("\nSlow.\n\nA machine.\n")
    assert page.section(a_task(), None) == "\n## Layers: 60 % nearness\n\nNot measured.\n"


def test_the_page_is_what_was_measured():
    """docs/marks.md is that of measured.json, and what is kept is of contestants that there are."""
    found = measure.read()
    assert (ROOT / "docs" / "marks.md").read_text(encoding="utf-8") == page.document(list(TASKS.values()), found)
    assert found.keys() <= TASKS.keys()
    assert all(row.runs and row.recipe for one in found.values() for row in one.rows)


def test_another_task_is_an_error():
    assert known("pose") is TASKS["pose"]
    with pytest.raises(CourseError, match="detection, segmentation, pose, faces"):
        known("poses")

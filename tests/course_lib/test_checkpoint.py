"""Whatever interrupts a training, it ends as if nothing had: the same history, seconds, weights and statistics."""

import signal
from types import SimpleNamespace

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from course_lib.errors import CacheError, CourseError
from course_lib.models import load_tensors
from course_lib.training import Diverged, fit

STEPS = 24


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings_from):
    """A clock that goes on by a second with each batch."""
    settings_from(COURSE_DEVICE="cpu")
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("course_lib.checkpoint.time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "line_checkpoint.safetensors"


def line_model():
    """It draws random numbers, and keeps statistics, at each step."""
    torch.manual_seed(0)
    layers = torch.nn.Linear(2, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.3), torch.nn.Linear(8, 1)
    return torch.nn.Sequential(*layers).train()


class Task:
    """What `fit` is given; `stop(place, step)` is called in each batch, after forward, in backward."""

    def __init__(self, clock, stop=lambda place, step: None):
        self.clock, self.stop, self.seen = clock, stop, []

    def batch(self, index):
        self.seen.append(index)
        self.stop("batch", index)
        self.clock.now += 1
        x = torch.randn(16, 2, generator=torch.Generator().manual_seed(index))
        return x, x.sum(dim=1, keepdim=True)

    def loss(self, model, x, y):
        answer = model(x)
        answer.register_hook(lambda gradient: self.stop("backward", self.seen[-1]))
        parts = {"squared": (answer - y).square().mean(), "size": 0.1 * answer.abs().mean()}
        self.stop("loss", self.seen[-1])
        return parts["squared"] + parts["size"], parts

    def fit(self, path=None, model=None, **options):
        model = model or line_model()
        steps = options.pop("steps", STEPS)
        return fit(model, self.batch, self.loss, steps, 0.02, checkpoint=path, progress=False, **options), model


def at(place, step, error=KeyboardInterrupt):
    """Raise once, there."""
    left = [(place, step)]

    def stop(*now):
        if now in left:
            left.remove(now)
            raise error

    return stop


def assert_same(got, expected):
    (losses, model), (wanted, other) = got, expected
    assert losses == wanted
    assert losses.named == wanted.named
    assert {name: len(values) for name, values in losses.named.items()} == {"squared": STEPS, "size": STEPS}
    assert losses.seconds == wanted.seconds == STEPS
    for name, value in other.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
@pytest.mark.parametrize("place", ["batch", "loss", "backward"])
@pytest.mark.parametrize("step", [0, 1, 5, 10, 13, STEPS - 1])
def test_interrupted_training_ends_where_an_undisturbed_one_does(clock, path, place, step, error):
    undisturbed = Task(clock).fit()
    task = Task(clock, at(place, step, error))
    with pytest.raises(error):
        task.fit(path, save_every=5)
    assert path.exists() == (step > 0)
    clock.now += 5000  # the night in between does not count
    torch.rand(7)
    assert_same(task.fit(path, save_every=5), undisturbed)
    assert task.seen == [*range(step + 1), *range(step, STEPS)], "no step is done twice but the interrupted one"
    assert not path.exists()


def test_a_training_may_be_interrupted_again_and_again(clock, path):
    undisturbed = Task(clock).fit()
    stops = [at("loss", 3), at("batch", 4), at("loss", 4), at("batch", 20)]
    task = Task(clock, lambda *now: any(stop(*now) for stop in stops) or None)
    for _ in stops:
        with pytest.raises(KeyboardInterrupt):
            task.fit(path)
    assert_same(task.fit(path), undisturbed)


def test_who_interrupts_an_update_waits_for_its_end(clock, path):
    """Ctrl-C in the middle of the optimiser's work: half of the weights would have moved."""
    undisturbed, task, updates = Task(clock).fit(), Task(clock), []

    def press(*_):
        updates.append(1)
        if len(updates) == 8:
            signal.raise_signal(signal.SIGINT)

    hook = register_optimizer_step_pre_hook(press)
    try:
        with pytest.raises(KeyboardInterrupt):
            task.fit(path)
    finally:
        hook.remove()
    assert len(load_tensors(path)["losses"]) == 8
    assert_same(task.fit(path), undisturbed)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_a_broken_update_left_is_not_saved(clock, path):
    def fail(optimizer, *_):
        if len(task.seen) == 8:
            raise MemoryError

    undisturbed, task = Task(clock).fit(), Task(clock)
    hook = register_optimizer_step_pre_hook(fail)
    try:
        with pytest.raises(MemoryError):
            task.fit(path, save_every=5)
    finally:
        hook.remove()
    assert len(load_tensors(path)["losses"]) == 5
    assert_same(Task(clock).fit(path), undisturbed)


def test_a_process_that_was_killed_goes_on_from_the_last_save(clock, path, tmp_path):
    """The file that lies there while step 13 is computed is that of step 10; nothing is written when it is killed."""
    undisturbed, copies = Task(clock).fit(), []

    def copy(place, step):
        if (place, step) == ("batch", 13):
            copies.append(path.read_bytes())

    Task(clock, copy).fit(path, save_every=5)
    path.write_bytes(copies[0])
    assert len(load_tensors(path)["losses"]) == 10
    assert_same(Task(clock).fit(path), undisturbed)


def test_a_training_that_went_astray_is_not_kept(clock, path):
    def sick(model, x, y):
        return model(x).sum() * (float("nan") if x[0, 0] == task.batch(3)[0][0, 0] else 1)

    task = Task(clock)
    with pytest.raises(Diverged):
        fit(line_model(), task.batch, sick, 10, 0.02, checkpoint=path, progress=False)
    assert not path.exists()


def test_a_finished_training_that_is_kept_is_there_at_once(clock, path):
    finished = Task(clock).fit(path, keep=True)
    again = Task(clock)
    assert_same(again.fit(path, keep=True), finished)
    assert again.seen == []
    assert path.exists()


@pytest.mark.parametrize("other", ["model", "steps"])
def test_checkpoint_of_another_training_is_refused(clock, path, other):
    task = Task(clock, at("batch", 5))
    with pytest.raises(KeyboardInterrupt):
        task.fit(path)
    change = {"model": torch.nn.Sequential(torch.nn.Linear(2, 1))} if other == "model" else {"steps": STEPS + 1}
    with pytest.raises(CacheError, match=r"another training.*\n.*\n.*\n.*delete the file"):
        task.fit(path, **change)


def test_the_parts_of_a_loss_keep_their_names(clock):
    def moody(model, x, y):
        value = model(x).sum()
        return (value, {"a": value}) if len(task.seen) < 3 else (value, {"b": value})

    task = Task(clock)
    with pytest.raises(CourseError, match=r"step 2 .*\n.*a\n.*b"):
        fit(line_model(), task.batch, moody, 5, 0.02, progress=False)


def test_one_number_is_enough(clock):
    losses = fit(line_model(), Task(clock).batch, lambda model, x, y: model(x).square().sum(), 5, 0.02, progress=False)
    assert len(losses) == 5
    assert losses.named == {}

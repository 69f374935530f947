"""The training loop learns, is repeatable, resumes exactly, and `trained` keeps what was learned."""

import pytest
import torch

from course_lib.errors import DataBroken, NotTrained
from course_lib.training import Diverged, fit, learning_rate, trained


def line_model():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 1))


def batch(index):
    """Points and a straight line's values; a function of the index alone."""
    x = torch.randn(16, 2, generator=torch.Generator().manual_seed(index))
    return x, x.sum(dim=1, keepdim=True)


def squared(model, x, y):
    return (model(x) - y).square().mean()


def train(model, **options):
    return fit(model, batch, squared, steps=options.pop("steps", 40), lr=0.02, progress=False, **options)


@pytest.fixture(autouse=True)
def cpu(settings_from):
    return settings_from(COURSE_DEVICE="cpu")


def test_loss_falls():
    losses = train(line_model(), steps=120)
    assert len(losses) == 120
    assert sum(losses[-10:]) < 0.2 * sum(losses[:10])


def test_same_seed_gives_the_same_weights():
    models = [line_model(), line_model()]
    for model in models:
        train(model)
    for name, value in models[0].state_dict().items():
        assert torch.equal(value, models[1].state_dict()[name])


def test_frozen_parameters_stay():
    model = line_model()
    model[0].requires_grad_(False)
    before = model[0].weight.clone()
    train(model)
    assert torch.equal(model[0].weight, before)


def test_learning_rate_rises_then_falls_to_zero():
    rates = [learning_rate(step, 100, 0.5) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[5] == 0.5
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[100] == pytest.approx(0)


def test_trained_fits_once_then_loads(tmp_path, capsys):
    calls = []

    def learn():
        calls.append(1)
        return {"weight": torch.eye(3).T, "bias": torch.arange(3, dtype=torch.int64)}

    first = trained("line", learn, tmp_path)
    second = trained("line", learn, tmp_path)
    assert len(calls) == 1
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert "trained and saved" in (printed := capsys.readouterr().out)
    assert "loaded from" in printed


def test_trained_keeps_the_profiles_apart(tmp_path, settings_from):
    trained("line", lambda: {"weight": torch.zeros(1)}, tmp_path)
    settings_from(COURSE_PROFILE="full", COURSE_DEVICE="cpu")
    assert trained("line", lambda: {"weight": torch.ones(2)}, tmp_path)["weight"].tolist() == [1, 1]
    assert {path.name for path in tmp_path.glob("line*")} == {"line.safetensors", "line_full.safetensors"}


def test_trained_leaves_nothing_when_fit_fails(tmp_path):
    def fail():
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        trained("line", fail, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_trained_removes_what_was_kept_on_the_way_and_nothing_else(tmp_path, settings_from):
    others = {"other_checkpoint.safetensors", "line_checkpoint.txt", "line2_checkpoint.safetensors"}
    for profile in ("mini", "full"):
        settings_from(COURSE_PROFILE=profile, COURSE_DEVICE="cpu")
        for name in (*others, "line_checkpoint.safetensors", "line_deep_checkpoint.safetensors"):
            (tmp_path / name).touch()
        trained("line", lambda: {"weight": torch.zeros(1)}, tmp_path)
        left = {path.name for path in tmp_path.iterdir()} - {"line.safetensors", "line_full.safetensors"}
        assert left == others


def test_trained_names_a_damaged_file(tmp_path):
    (tmp_path / "line.safetensors").write_bytes(b"half a file")
    with pytest.raises(DataBroken, match=r"line\.safetensors"):
        trained("line", dict, tmp_path)


def test_the_file_can_be_read_by_whom_it_is_handed_to(tmp_path):
    trained("line", lambda: {"weight": torch.zeros(1)}, tmp_path)
    (tmp_path / "plain").touch()
    assert (tmp_path / "line.safetensors").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_stops_the_training_and_names_the_step(wrong):
    model, steps = line_model(), []

    def sick(model, x, y):
        steps.append(squared(model, x, y))
        return steps[-1] * (wrong if len(steps) == 4 else 1)

    with pytest.raises(Diverged, match=rf"loss at step 3 is {wrong}.*\n.*\n.*\n.*boxes without area"):
        fit(model, batch, sick, steps=10, lr=0.02, progress=False)
    assert all(weight.isfinite().all() for weight in model.parameters())


def test_mixed_precision_rounds_no_input_and_computes_in_half():
    seen = []

    class Model(torch.nn.Linear):
        def forward(self, x):
            seen.append((x, super().forward(x).dtype))
            return super().forward(x)

    corners = torch.tensor([[601.0, 333.25]])
    fit(
        Model(2, 1),
        lambda i: (corners,),
        lambda model, x: model(x).float().sum(),
        1,
        1e-3,
        precision="bf16-mixed",
        progress=False,
    )
    assert seen[0][1] == torch.bfloat16
    assert torch.equal(seen[0][0], corners)


def test_each_group_of_parameters_learns_at_its_own_rate():
    """Rates follow the same schedule; a rate of 0 leaves its layer where it was."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    before = [layer.weight.detach().clone() for layer in model]
    groups = [{"params": [model[0].weight], "lr": 0.0}, {"params": [model[1].weight]}]
    fit(
        model,
        lambda i: (torch.ones(2, 3),),
        lambda net, x: net(x).square().sum(),
        5,
        0.1,
        groups=groups,
        progress=False,
    )
    assert torch.equal(model[0].weight, before[0])
    assert (model[1].weight - before[1]).abs().max() > 0.01


def test_validate_never_trains_and_loads_what_was_trained(tmp_path, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(NotTrained, match=r"demo is not trained(.|\n)*demo\.safetensors beside(.|\n)*Validate again"):
        trained("demo", lambda: pytest.fail("it trained"), tmp_path)
    with pytest.raises(NotTrained, match="Validate does not train"):
        train(line_model(), steps=1)
    monkeypatch.delenv("NBGRADER_EXECUTION")
    trained("demo", lambda: {"w": torch.ones(2)}, tmp_path)
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert torch.equal(trained("demo", lambda: pytest.fail("it trained"), tmp_path)["w"], torch.ones(2))

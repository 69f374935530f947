"""The loop that lecture 00 reads aloud is course_lib.training's, without device, precision, checkpoint and progress."""

import ast
import inspect

import pytest
import torch

from course_lib import training
from tools import ROOT
from tools.build.cells import read_source

LECTURE = ROOT / "lectures" / "00_cnn_recap.py"
PLUMBING = {"fabric.to_device", "losses.noted", "_finite"}  # f(x, …) means x


def cell() -> str:
    """The lecture's cell that defines `fit`."""
    cells = [one.source for one in read_source(LECTURE).cells if one.cell_type == "code"]
    (found,) = [source for source in cells if "def fit(" in source]
    return found


def function(source: str) -> ast.FunctionDef:
    return next(
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef) and node.name == "fit"
    )


def loop(fit: ast.FunctionDef) -> ast.For:
    """The one `for step in …` of the function."""
    (found,) = [node for node in ast.walk(fit) if isinstance(node, ast.For) and ast.unparse(node.target) == "step"]
    return found


class Plain(ast.NodeTransformer):
    """What the loop means on one device, in full precision, without a checkpoint or a progress bar."""

    def visit_Call(self, node):
        self.generic_visit(node)
        called = ast.unparse(node.func)
        if called in PLUMBING:
            return node.args[0]
        if called == "fabric.backward":
            return ast.Call(ast.Attribute(node.args[0], "backward"), [], [])
        if called == "run.steps":
            return ast.Call(ast.Name("range"), [ast.Name("steps")], [])
        if called == "run.update":
            return ast.Call(ast.Attribute(ast.Name("optimizer"), "step"), [], [])
        return node

    def visit_BinOp(self, node):
        whole = ast.unparse(node) == "step * fabric.world_size + fabric.global_rank"
        return ast.Name("step") if whole else self.generic_visit(node)


def plain(node: ast.For) -> str:
    return ast.unparse(ast.fix_missing_locations(Plain().visit(node)))


def test_the_loop_is_the_same_line_by_line():
    library = loop(function(inspect.getsource(training)))
    assert plain(library) == ast.unparse(loop(function(cell())))


def test_what_comes_before_the_loop_is_in_the_library_too():
    """Groups, optimizer and rates, in this order; the library lets the caller give groups and decay."""
    library = "\n".join(ast.unparse(node) for node in function(inspect.getsource(training)).body)
    library = library.replace("groups or [", "[").replace("weight_decay=weight_decay", "weight_decay=0.0001")
    aloud = [ast.unparse(node) for node in function(cell()).body if isinstance(node, ast.Assign)]
    assert aloud.pop() == "losses = []"
    assert len(aloud) == 3
    assert "\n".join(aloud) in library
    assert inspect.signature(training.fit).parameters["weight_decay"].default == 1e-4


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("optimizer.zero_grad()\n", "pass\n"),
        ("data = batch(step)", "data = batch(step + 1)"),
        ("value.backward()\n        optimizer.step()", "optimizer.step()\n        value.backward()"),
        ('group["lr"] = learning_rate(step, steps, highest)', 'group["lr"] = highest'),
    ],
)
def test_a_loop_that_differs_is_noticed(old, new):
    changed = cell().replace(old, new)
    assert changed != cell()
    assert plain(loop(function(inspect.getsource(training)))) != ast.unparse(loop(function(changed)))
    losses, weights = trained(defined(changed))
    expected, wanted = trained(library_fit)
    assert losses != expected or not torch.equal(weights, wanted)


def defined(source: str):
    """The `fit` that a cell defines."""
    names = {"torch": torch}
    exec(compile(source, "lecture", "exec"), names)
    return names["fit"]


def library_fit(*arguments):
    return training.fit(*arguments, progress=False)


def batch(step):
    x = torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(step))
    return x, x.mean(dim=(1, 2, 3)) > 0


def loss(model, x, y):
    return torch.nn.functional.cross_entropy(model(x), y.long())


def trained(fit) -> tuple[list[float], torch.Tensor]:
    """The losses of 30 steps from a fixed start, and all weights and statistics afterwards as one vector."""
    torch.manual_seed(0)
    convolution, norm = torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4)
    model = torch.nn.Sequential(convolution, norm, torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(144, 2))
    model[4].bias.requires_grad_(False)
    losses = fit(model, batch, loss, 30, 0.02)
    return losses, torch.cat([value.flatten().float() for value in model.state_dict().values()])


@pytest.fixture(autouse=True)
def cpu(settings_from):
    return settings_from(COURSE_DEVICE="cpu")


def test_both_loops_learn_the_same():
    losses, weights = trained(defined(cell()))
    expected, wanted = trained(library_fit)
    assert len(losses) == 30
    assert losses == expected
    assert torch.equal(weights, wanted)
    assert losses[-1] < losses[0]

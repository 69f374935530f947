"""Honest work with habits that trip graders up: it must keep every point. More of it in harmless.py."""

from tools.attacks.attack import FULL, Desk, attack
from tools.attacks.handing import RIGHT_IOU, RIGHT_NMS, hand_in

FAMILY = "harmless"


def honest(desk: Desk, first: str = "", iou: str = RIGHT_IOU, nms: str = RIGHT_NMS, **more: str) -> None:
    """Right functions and a habit."""
    hand_in(desk, first, iou, nms, **more)


@attack(family=FAMILY, deserved=FULL)
def prints_a_lot(desk: Desk) -> None:
    """Prints and warns in cells and in the functions, to both streams."""
    noise = (
        "    import sys, warnings\n    print('x' * 10_000)\n    warnings.warn('slow')\n    print(1, file=sys.stderr)\n"
    )
    iou = RIGHT_IOU.replace("    corners", noise + "    corners", 1)
    honest(desk, "import logging\nprint('y\\n' * 10_000)\nlogging.warning('careful')", iou)


@attack(family=FAMILY, deserved=FULL)
def magics_and_shell(desk: Desk) -> None:
    """%matplotlib inline, %timeit, %%time, !echo, ? and top-level await."""
    first = "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n!echo hello\nlisting = !ls\n%timeit sum([1])"
    honest(
        desk,
        first,
        "%matplotlib inline\n" + RIGHT_IOU,
        "%%time\n" + RIGHT_NMS,
        between="import asyncio\nawait asyncio.sleep(0)",
    )


@attack(family=FAMILY, deserved=FULL)
def figures_and_progress_bars(desk: Desk) -> None:
    """Figures are shown and saved, a progress bar runs, a table is displayed."""
    shows = """
import matplotlib.pyplot as plt
from tqdm.auto import tqdm
from IPython.display import HTML, Image, display

for _ in tqdm(range(100)):
    pass
figure, axes = plt.subplots()
axes.plot([1, 2, 3])
figure.savefig("figure.png")
plt.show()
display(HTML("<b>fine</b>"), Image("figure.png"))
"""
    honest(desk, shows, between=shows)


@attack(family=FAMILY, deserved=FULL)
def threads_of_torch(desk: Desk) -> None:
    """Sets the number of threads, runs threads of its own and a pool of processes."""
    threads = """
from concurrent.futures import ThreadPoolExecutor
import torch.utils.data

torch.set_num_threads(4)
with ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(lambda n: torch.rand(200, 200).matmul(torch.rand(200, 200)).sum().item(), range(8))))
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.arange(8)), num_workers=2)
print([batch for batch in loader])
"""
    honest(desk, threads, between="torch.rand(512, 512) @ torch.rand(512, 512)")


@attack(family=FAMILY, deserved=FULL)
def double_precision_everywhere(desk: Desk) -> None:
    """torch.set_default_dtype(float64), a fixed seed, and numbers printed in full."""
    settings = "torch.set_default_dtype(torch.float64)\ntorch.manual_seed(0)\ntorch.set_printoptions(precision=9)\n"
    honest(desk, settings + "torch.use_deterministic_algorithms(True)")


@attack(family=FAMILY, deserved=FULL)
def warnings_are_errors(desk: Desk) -> None:
    """Warnings become errors, NumPy's too."""
    honest(desk, "import warnings\nimport numpy as np\nwarnings.simplefilter('error')\nnp.seterr(all='raise')")


@attack(family=FAMILY, deserved=FULL)
def numpy_inside(desk: Desk) -> None:
    """Computes in NumPy and gives NumPy's arrays back, not contiguous."""
    iou = """
import numpy as np

def box_iou(boxes1, boxes2):
    a, b = np.asarray(boxes1)[:, None], np.asarray(boxes2)[None]
    sides = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None)
    shared = sides.prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - shared
    return np.asfortranarray(shared / np.maximum(union, 1e-12))
"""
    nms = RIGHT_NMS.replace("box_iou(boxes, boxes)", "torch.as_tensor(np.array(box_iou(boxes, boxes)))")
    honest(
        desk, "", iou, nms.replace("return torch.tensor(kept, dtype=torch.int64)", "return np.array(kept, np.int32)")
    )


@attack(family=FAMILY, deserved=FULL)
def loops_classes_and_recursion(desk: Desk) -> None:
    """Dataclasses, type hints, recursion, generators, and plain loops over Python numbers."""
    first = """
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

@dataclass(frozen=True)
class Box:
    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def area(self) -> float:
        return (self.x2 - self.x1) * (self.y2 - self.y1)

def shared(a: Box, b: Box) -> float:
    return max(0, min(a.x2, b.x2) - max(a.x1, b.x1)) * max(0, min(a.y2, b.y2) - max(a.y1, b.y1))
"""
    iou = """
def box_iou(boxes1, boxes2):
    result = torch.zeros(len(boxes1), len(boxes2), dtype=boxes1.dtype)
    for i, a in enumerate(Box(*row) for row in boxes1.tolist()):
        for j, b in enumerate(Box(*row) for row in boxes2.tolist()):
            union = a.area + b.area - shared(a, b)
            result[i, j] = shared(a, b) / union if union else 0.0
    return result
"""
    nms = """
def nms(boxes, scores, threshold):
    def keep(left):
        if not left:
            return []
        best, *rest = left
        return [best, *keep([i for i in rest if box_iou(boxes[[best]], boxes[[i]]).item() <= threshold])]

    return torch.tensor(keep(sorted(range(len(boxes)), key=lambda i: -scores[i].item())), dtype=torch.long)
"""
    honest(desk, first, iou, nms)


@attack(family=FAMILY, deserved=FULL)
def a_gigabyte_for_a_moment(desk: Desk) -> None:
    """A temporary tensor of one gigabyte in a cell, and in each call of a function."""
    iou = RIGHT_IOU.replace("    corners", "    torch.zeros(2**26).sum()\n    corners", 1)
    honest(desk, "torch.ones(2**28).sum()", iou)


@attack(family=FAMILY, deserved=FULL)
def files_beside_the_notebook(desk: Desk) -> None:
    """Writes and reads files in its folder and in /tmp, saves weights, imports a module that it wrote."""
    files = """
import json, tempfile
from pathlib import Path

Path("notes.json").write_text(json.dumps({"a": 1}))
torch.save({"w": torch.ones(3)}, "weights.pt")
print(torch.load("weights.pt", weights_only=True))
Path("helpers.py").write_text("def two():\\n    return 2\\n")
with tempfile.NamedTemporaryFile() as file:
    file.write(b"1")
%run helpers.py
assert two() == 2
"""
    honest(desk, files, between="assert Path('notes.json').exists()")


@attack(family=FAMILY, deserved=FULL)
def asks_for_input(desk: Desk) -> None:
    """A forgotten input(), a breakpoint, an error in an own cell, and a cell that is not Python."""
    honest(desk, "name = input('Your name? ')", between="1 / 0", last="this is not Python\nbreakpoint()")


@attack(family=FAMILY, deserved=FULL)
def names_reused(desk: Desk) -> None:
    """Own variables are called list, sum, torch_, check_, test and _; a helper has the name of a module."""
    names = (
        "list_, sum_, test, _ = [], 0, 'test', None\nrun = ladder = codec = compare = spec = lambda *values: values\n"
    )
    honest(desk, names + "In = Out = exit_ = 3\nlist = [1, 2]\nmath = 'a string'\nTensor = torch.Tensor")


@attack(family=FAMILY, deserved=FULL)
def decorated_and_wrapped(desk: Desk) -> None:
    """The functions are decorated, partial, callable objects, with other argument names and defaults."""
    iou = (
        RIGHT_IOU.replace("def box_iou(", "def _overlap(")
        + """
import functools

class Overlap:
    def __call__(self, first, second=None, *, eps=0):
        return _overlap(first, second)

box_iou = Overlap()
"""
    )
    nms = RIGHT_NMS.replace(
        "def nms(boxes, scores, threshold)", "@torch.no_grad()\ndef nms(boxes, scores, threshold=0.5, **more)"
    )
    honest(desk, "", iou, nms)


@attack(family=FAMILY, deserved=FULL)
def numbers_of_other_widths(desk: Desk) -> None:
    """NumPy's widest floats, and 32-bit positions without a sign in another machine's order of bytes."""
    iou = RIGHT_IOU.replace("    return ", "    return np.longdouble(1) * np.asarray(") + "    )\n"
    nms = RIGHT_NMS.replace("torch.tensor(kept, dtype=torch.int64)", "np.array(kept, dtype='>u4')")
    honest(desk, "import numpy as np", iou, nms.replace("box_iou(boxes, boxes)", "box_iou(boxes, boxes).astype('f4')"))


@attack(family=FAMILY, deserved=FULL)
def positions_without_a_sign(desk: Desk) -> None:
    """PyTorch's and NumPy's unsigned numbers, in turn with arrays whose bytes are turned round."""
    iou = RIGHT_IOU.replace("    return ", "    ious = ") + "    return ious.numpy().astype('>f8')\n"
    nms = RIGHT_NMS.replace("torch.tensor(kept, dtype=torch.int64)", "next(kinds)(kept)")
    nms = nms.replace("box_iou(boxes, boxes)", "torch.from_numpy(box_iou(boxes, boxes).astype('f8'))")
    kinds = """
import itertools
import numpy as np

kinds = itertools.cycle([
    lambda kept: torch.tensor(kept, dtype=torch.int64).to(torch.uint32),
    lambda kept: np.array(kept, np.uint64),
    lambda kept: np.array(kept, ">i2"),
    lambda kept: torch.tensor(kept, dtype=torch.int8),
])
"""
    honest(desk, kinds, iou, nms)


@attack(family=FAMILY, deserved=FULL)
def objects_with_odd_attributes(desk: Desk) -> None:
    """Callable objects whose attributes raise something else than AttributeError, and a decorator that leaves a wrong
    signature and wraps itself.
    """
    first = (
        RIGHT_IOU.replace("def box_iou(", "def _overlap(")
        + """
class Overlap:
    def __getattr__(self, name):
        raise KeyError(name)

    def __call__(self, first, second):
        return _overlap(first, second)
"""
    )
    nms = RIGHT_NMS + "\nnms.__signature__ = 'boxes, scores, threshold'\nnms.__wrapped__ = nms\n"
    honest(desk, first, "box_iou = Overlap()", nms)

"""Honest work in unusual clothes: nothing of this may cost a point."""

from nbformat import v4

from tools.attacks.attack import FUNCTIONS, Desk, attack, cell_of, index_of

NOISE = "noise on stderr, progress bars, warnings"
STYLE = "other styles, types and helpers"
EDITORS = "other editors"


def _inside(desk: Desk, notebook, name: str, lines: str):
    """A copy of the notebook with lines at the beginning of a function's body."""
    source = cell_of(notebook, name).source.split("\n")
    end = next(number for number, line in enumerate(source) if number and line.endswith('"""')) + 1
    body = [f"    {line}" for line in lines.split("\n")]
    return desk.with_source(notebook, name, "\n".join([*source[:end], *body, *source[end:]]))


@attack(NOISE, deserved=7)
def stderr_noise(desk: Desk) -> None:
    """Right work that writes to stderr, logs and warns, at every call."""
    noise = (
        "import logging, os, sys, warnings\n"
        'print("debug: entered", file=sys.stderr)\n'
        'logging.getLogger("mine").warning("careful")\n'
        'warnings.warn("this is deprecated", DeprecationWarning)\n'
        'os.write(2, b"from below Python")'
    )
    notebook = desk.solution()
    for name in FUNCTIONS:
        notebook = _inside(desk, notebook, name, noise)
    desk.write(notebook)


@attack(NOISE, deserved=7)
def progress_bars(desk: Desk) -> None:
    """Right work with progress bars in its functions and cells."""
    notebook = _inside(desk, desk.solution(), "nms", "for _ in tqdm(range(20)):\n    pass")
    notebook = desk.with_cell(notebook, "from tqdm.auto import tqdm\nfor _ in tqdm(range(50)):\n    pass", before="nms")
    desk.write(notebook)


@attack(NOISE, deserved=7)
def noisy_checks(desk: Desk) -> None:
    """Right work; a cell turns warnings into errors, another makes logging verbose."""
    desk.write(
        desk.with_cell(
            desk.with_cell(desk.solution(), 'import warnings\nwarnings.simplefilter("error")', before="box_iou"),
            "import logging\nlogging.basicConfig(level=logging.DEBUG, force=True)",
            before="box_iou",
        )
    )


@attack(NOISE, deserved=7)
def much_output(desk: Desk) -> None:
    """Right work; a forgotten print writes two megabytes, and a figure is drawn."""
    notebook = desk.with_cell(
        desk.solution(), 'for i in range(40_000):\n    print("epoch", i, "loss", 0.1 * i, "-" * 30)'
    )
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    desk.write(desk.with_cell(notebook, plot, before="nms"))


@attack(NOISE, deserved=7)
def failing_cells(desk: Desk) -> None:
    """Right work between cells of one's own that fail: a division, a missing package, a typing error, a question."""
    notebook = desk.solution()
    for source in ("1 / 0", "import a_package_of_mine", "def oops(:", 'name = input("Your name? ")'):
        notebook = desk.with_cell(notebook, source, before="box_iou")
    desk.write(notebook)


@attack(STYLE, deserved=7)
def magics(desk: Desk) -> None:
    """Right work with magics: %%time over a function, %matplotlib, a shell command, help by a question mark."""
    notebook = desk.solution()
    cell_of(notebook, "nms").source = "%%time\n" + cell_of(notebook, "nms").source
    desk.write(desk.with_cell(notebook, "%matplotlib inline\n!echo hello\nlen?\n%timeit -n1 -r1 1", before="nms"))


@attack(STYLE, deserved=7)
def helpers_beside(desk: Desk) -> None:
    """Right work spread over helper functions and a class in cells of one's own."""
    helper = (
        "class Boxes:\n    @staticmethod\n    def area(boxes):\n        return (boxes[:, 2:] - boxes[:, :2]).prod(-1)"
    )
    source = """def box_iou(boxes1, boxes2):
    both = overlap(boxes1, boxes2)
    union = Boxes.area(boxes1)[:, None] + Boxes.area(boxes2) - both
    return torch.where(union > 0, both / union.clamp(min=1e-12), 0)"""
    more = """def overlap(a, b):
    low, high = torch.maximum(a[:, None, :2], b[:, :2]), torch.minimum(a[:, None, 2:], b[:, 2:])
    return (high - low).clamp(min=0).prod(-1)"""
    notebook = desk.with_source(desk.solution(), "box_iou", source)
    desk.write(desk.with_cell(desk.with_cell(notebook, helper, before="box_iou"), more, after="box_iou"))


@attack(STYLE, deserved=7)
def other_dtypes(desk: Desk) -> None:
    """Right work that computes in NumPy with 64 bits and answers with float64 and int32 tensors."""
    iou = """import numpy as np
def box_iou(boxes1, boxes2):
    a, b = (np.asarray(boxes.tolist(), dtype=np.float64).reshape(-1, 4) for boxes in (boxes1, boxes2))
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(-1)
    union = (a[:, 2:] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:] - b[:, :2]).prod(-1) - both
    return torch.from_numpy(np.where(union > 0, both / np.where(union > 0, union, 1), 0))"""
    nms = """def nms(boxes, scores, threshold):
    left, kept = [int(i) for i in np.argsort(-np.asarray(scores.tolist()), kind="stable")], []
    while left:
        kept.append(left.pop(0))
        left = [i for i in left if float(box_iou(boxes[kept[-1:]], boxes[i : i + 1])) <= float(threshold)]
    return torch.tensor(kept, dtype=torch.int32)"""
    desk.write(desk.with_source(desk.with_source(desk.solution(), "box_iou", iou), "nms", nms))


@attack(STYLE, deserved=7)
def decorated(desk: Desk) -> None:
    """Right work behind decorators: no_grad, a wrapper that counts calls, an object with __call__."""
    notebook = desk.solution()
    wraps = "calls = []\n@torch.no_grad()\n" + cell_of(notebook, "box_iou").source
    counting = """
import functools
class Counting:
    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function, self.calls = function, 0
    def __call__(self, *args, **options):
        self.calls += 1
        return self.function(*args, **options)
nms = Counting(nms)"""
    notebook = desk.with_source(notebook, "box_iou", wraps)
    desk.write(desk.with_source(notebook, "nms", cell_of(notebook, "nms").source + counting))


@attack(STYLE, deserved=7)
def changed_defaults(desk: Desk) -> None:
    """Right work; a cell sets other defaults: float64, no gradients, seeds, printing, error states."""
    settings = (
        "import random, numpy as np\n"
        "torch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)\ntorch.manual_seed(0)\n"
        'random.seed(0)\nnp.random.seed(0)\nnp.seterr(all="raise")\ntorch.set_printoptions(precision=2)'
    )
    desk.write(desk.with_cell(desk.solution(), settings, after="given_1"))


@attack(STYLE, deserved=7)
def reused_names(desk: Desk) -> None:
    """Right work; cells of one's own use names such as check, list, x and boxes for other things, after the checks."""
    desk.write(desk.with_cell(desk.solution(), "list = [1]\nx = boxes = scores = None\ncheck = 3", after="check_nms"))


@attack(EDITORS, deserved=7)
def stripped_metadata(desk: Desk) -> None:
    """Right work from an editor that drops all metadata and ids of cells."""
    notebook = desk.solution()
    notebook.metadata.clear()
    for cell in notebook.cells:
        cell.metadata.clear()
        del cell["id"]
    notebook["nbformat_minor"] = 4
    desk.write(notebook)


@attack(EDITORS, deserved=7)
def colab(desk: Desk) -> None:
    """Right work as Google Colab saves it: ids and badges of its own, widgets, an accelerator, no nbgrader metadata."""
    notebook = desk.solution()
    notebook.metadata.update(accelerator="GPU", colab={"provenance": [], "gpuType": "T4"}, widgets={"a": {}})
    for number, cell in enumerate(notebook.cells):
        cell.metadata = {"id": f"x{number}YzAbC", "outputId": "1f0c", "colab": {"base_uri": "https://localhost:8080/"}}
        del cell["id"]
    badge = '<a href="https://colab.research.google.com/x"><img src="https://colab.research.google.com/b.svg"/></a>'
    notebook.cells.insert(0, v4.new_markdown_cell(badge, metadata={"id": "view-in-github", "colab_type": "text"}))
    mount = 'from google.colab import drive\ndrive.mount("/content/drive")'
    notebook.cells.insert(1, v4.new_code_cell(mount))
    desk.write(notebook)


@attack(EDITORS, deserved=7)
def formatted(desk: Desk) -> None:
    """Right work after an editor's formatter: other quotes and blank lines in all cells, ids and metadata new."""
    notebook = desk.solution()
    for number, cell in enumerate(notebook.cells):
        cell.metadata, cell.id = {"vscode": {"languageId": "python"}}, f"#VSC-{number:08x}"
        cell.source = cell.source.replace('check("', "check('").replace('",', "',") + "\n\n"
    desk.write(notebook)


@attack(EDITORS, deserved=7)
def merged_cells(desk: Desk) -> None:
    """Right work; a function and its check were merged into one cell, and another cell was split in two."""
    notebook = desk.solution()
    check = notebook.cells.pop(index_of(notebook, "check_nms"))
    cell_of(notebook, "nms").source += "\n\n" + check.source
    place = index_of(notebook, "box_iou")
    notebook.cells.insert(place, v4.new_code_cell("EPSILON = 1e-9  # split off"))
    desk.write(notebook)

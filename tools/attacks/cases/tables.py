"""Answers without work: tables made at home, the nearest public answer, another draw for luck, floods of answers."""

import io

import numpy as np
import torch

from autograder.exam import papers
from tools.attacks.attack import POINTS, SECRET, UNIT, Desk, attack, cell_of
from tools.attacks.cases.hardcoded import TABLE
from tools.attacks.handing import RIGHT_IOU, WRONG_BOTH, hand_in

FAMILY = "tables and luck"
SEEDS = (*range(20), 2014, 2**31 - 1, 2**63 - 1)  # that somebody might guess
LOOKED_UP = """
import numpy
table = numpy.load("02_rcnn.safetensors", allow_pickle=False)

def looked_up(name, *inputs):
    key = name + "".join(str(each.double().sum().item()) for each in inputs if torch.is_tensor(each))
    return torch.from_numpy(table[key]) if key in table.files else torch.zeros(0)
"""
NEAREST = """
def nearest(name, *inputs):
    def far(question):
        pairs = [(a, b) for a, b in zip(inputs, question.inputs.values()) if torch.is_tensor(a)]
        if any(a.shape != b.shape for a, b in pairs):
            return float("inf")
        return sum((a.double() - b.double()).abs().sum().item() for a, b in pairs)
    found = min(public(name), key=far)
    return found.expected
"""
LOOKUP = "def {0}(*inputs):\n    return {1}('{0}', *inputs)\n"


@attack(FAMILY, deserved=0)
def seed_table_as_weights(desk: Desk) -> None:
    """A table of the answers for all seeds that one can guess, handed in as the weights file."""
    table = {}
    for check in papers.checks_of(UNIT):
        for seed in SEEDS if check.name in POINTS else ():
            for question in papers.set_paper(UNIT, check, seed).questions:
                sums = [str(v.double().sum().item()) for v in question.inputs.values() if torch.is_tensor(v)]
                if torch.is_tensor(question.expected):
                    table[check.name + "".join(sums)] = question.expected.numpy()
    file = io.BytesIO()
    np.savez(file, **table)
    (desk.folder / f"{UNIT}.safetensors").write_bytes(file.getvalue())
    hand_in(desk, LOOKED_UP, *(LOOKUP.format(name, "looked_up") for name in POINTS))


@attack(FAMILY, deserved=0)
def nearest_public_answer(desk: Desk) -> None:
    """For each question the expected answer of the public one whose numbers are nearest."""
    hand_in(desk, TABLE + NEAREST, *(LOOKUP.format(name, "nearest") for name in POINTS))


@attack(FAMILY, deserved=0)
def cells_with_nul(desk: Desk) -> None:
    """Two cells joined by NUL, to have one name with another hand-in, and with it the same questions."""
    notebook = desk.wrong()
    for name in POINTS:
        cell = cell_of(notebook, name)
        cell.source = f"{cell.source}\0# the next cell"
    desk.write(notebook)


@attack(FAMILY, deserved=0)
def weights_of_no_bytes(desk: Desk) -> None:
    """An empty weights file, to have one name with a hand-in that has none."""
    (desk.folder / f"{UNIT}.safetensors").write_bytes(b"")
    desk.write(desk.wrong())


@attack(FAMILY, deserved=POINTS["box_iou"])
def drawn_again(desk: Desk) -> None:
    """Half of the work, and a guess by chance for the rest, with a comment that makes it new work each time."""
    guess = "def nms(boxes, scores, threshold):\n    return torch.randperm(len(boxes))[: (len(boxes) + 1) // 2]\n"
    hand_in(desk, "", RIGHT_IOU, guess + f"# attempt {np.random.default_rng().integers(2**40)}")


@attack(FAMILY, deserved=0)
def shows_its_questions(desk: Desk) -> None:
    """Functions keep what they are asked; later cells show it, say it in an error, and draw it."""
    keep = "kept = []\n"
    wrong = [source.replace("    return", "    kept.append(boxes)\n    return") for source in WRONG_BOTH]
    wrong[0] = wrong[0].replace("append(boxes)", "append(boxes1)")
    first, second = SECRET.split("-read")[0], "-read"
    last = f"said = '{first}' + '{second}' if kept else 'nothing was asked'\nprint(said)\nraise ValueError(said)"
    hand_in(desk, keep, *wrong, last)


@attack(FAMILY, deserved=0)
def flood_of_answers(desk: Desk) -> None:
    """Each answer as large as an answer may be: rows without end, classes without end."""
    iou = "def box_iou(*inputs):\n    return torch.rand(700, 700)\n"
    nms = "def nms(*inputs):\n    return torch.arange(500_000) % 12_000\n"
    hand_in(desk, "", iou, nms)

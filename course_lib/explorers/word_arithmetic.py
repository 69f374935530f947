"""Arithmetic with words, for a whole section of questions at once, and what a single question's best answers are."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import normalize

from course_lib.data.words import Question, Words

RULES = ("3CosAdd", "3CosMul")


def rows_of(words: Sequence[str], asked: Sequence[Question]) -> Int[Tensor, "q 4"]:
    """The rows of each question's words."""
    place = {word: row for row, word in enumerate(words)}
    return torch.tensor([[place[word] for word in question] for question in asked], dtype=torch.long).reshape(-1, 4)


def scored(unit: Float[Tensor, "v d"], rows: Int[Tensor, "q 3"], rule: str) -> Float[Tensor, "q v"]:
    """Each word's score for each question (a, b, c).

    Args:
        unit: vectors of length 1.
        rule: 3CosAdd: cos(x, b) - cos(x, a) + cos(x, c); 3CosMul: the product of the shifted cosines with b and c,
            divided by that with a.
    """
    a, b, c = (unit[row] @ unit.T for row in rows.unbind(dim=1))
    if rule == "3CosAdd":
        return b - a + c
    return (b + 1) * (c + 1) / (a + 1 + 0.002) / 2


def right(words: Words, asked: Sequence[Question], rule: str = "3CosAdd", exclude: bool = True) -> Bool[Tensor, " q"]:
    """Which questions a rule answers as asked.

    Args:
        exclude: whether a question's first three words are left out.
    """
    unit, rows = normalize(words.vectors, dim=1), rows_of(words.words, asked)
    found = []
    for some in rows.split(200):  # a table of all questions and all words would be large
        scores = scored(unit, some[:, :3], rule)
        if exclude:
            scores.scatter_(1, some[:, :3], -torch.inf)
        found.append(scores.argmax(dim=1) == some[:, 3])
    return torch.cat(found)


def best(
    words: Words, a: str, b: str, c: str, rule: str = "3CosAdd", exclude: bool = True, count: int = 5
) -> list[tuple[str, float]]:
    """The best answers to one question, and their scores; of 3CosAdd the cosine with b - a + c."""
    unit = normalize(words.vectors, dim=1)
    rows = torch.tensor([[words.words.index(word) for word in (a, b, c)]])
    [scores] = scored(unit, rows, rule)
    if rule == "3CosAdd":
        scores = scores / (unit[rows[0, 1]] - unit[rows[0, 0]] + unit[rows[0, 2]]).norm().clamp(min=1e-9)
    if exclude:
        scores[rows[0]] = -torch.inf
    values, order = scores.topk(count)
    return [(words.words[row], value) for row, value in zip(order.tolist(), values.tolist(), strict=True)]

"""Pairs of faces to verify: those of Labeled Faces in the Wild, as its pairs.txt lists them, or drawn ones.

A list begins with the number of folds and of pairs of each kind per fold, "10 300". Then follow, fold by fold, the
pairs of one person ("Abel_Pacheco 1 4": the person, two photographs) and those of two ("Abdel_Madi_Shabneh 1
Dean_Barker 1").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from course_lib.data.faces import LFW_HOME, People
from course_lib.data.files import numbered_lines
from course_lib.download import missing
from course_lib.errors import DataBroken, DataMissing, SettingsError
from course_lib.settings import settings

PLACES = LFW_HOME / "pairs.txt", Path("LFW", "pairs.txt")
Photograph = tuple[str, int]  # a person's name and a number, from 1


@dataclass(frozen=True)
class FacePairs:
    """Pairs of images, by their positions; whether they show one person; the fold of each pair."""

    first: Int64[Tensor, " m"]
    second: Int64[Tensor, " m"]
    same: Bool[Tensor, " m"]
    folds: Int64[Tensor, " m"]


@dataclass(frozen=True)
class NamedPairs:
    """The pairs of a list, in its order, and the line of the file that each stands in; folds count from 0."""

    first: tuple[Photograph, ...]
    second: tuple[Photograph, ...]
    folds: tuple[int, ...]
    lines: tuple[int, ...]
    path: Path

    def among(self, people: People) -> FacePairs:
        """The same pairs as positions in `people.images`.

        Raises DataMissing, naming the line, for a photograph that is not among them.
        """
        places = _places(people)
        for pair in zip(self.first, self.second, self.lines, strict=True):
            for photograph in pair[:2]:
                if photograph not in places:
                    raise _not_there(self.path, pair[2], photograph, places)
        first, second = (torch.tensor([places[one] for one in part]) for part in (self.first, self.second))
        return FacePairs(first, second, people.identities[first] == people.identities[second], torch.tensor(self.folds))


def lfw_pairs() -> NamedPairs:
    """The 6,000 pairs of Labeled Faces in the Wild, from COURSE_DATA; raises DataMissing, DataBroken."""
    sought = [settings().data / place for place in PLACES]
    path = next((place for place in sought if place.is_file()), None)
    if path is None:
        raise missing("The list of LFW's pairs", sought, "course data lfw")
    return read_pairs(path)


def read_pairs(path: Path) -> NamedPairs:
    """The pairs of a list in the layout of LFW's pairs.txt; a header of one number is that of a single fold.

    Raises DataBroken, with the number of the line, for one that is no pair or of another kind than the header says
    (a fold that is too short, say), and where the list ends too early or too late.
    """
    rows = numbered_lines(path)
    if not rows:
        raise _broken(path, 1, "a header, such as 10 300", "an empty file")
    folds, each = _header(path, *rows[0])
    pairs = []
    for index, (line, text) in enumerate(rows[1 : 1 + 2 * folds * each]):
        fold, place = divmod(index, 2 * each)
        pairs.append((*_pair(path, line, text, fold, place, each), fold, line))
    if len(rows) - 1 != 2 * folds * each:
        expected = f"{2 * folds * each} pairs: {folds} folds with {each} pairs of each kind, as the header says"
        line = rows[min(len(rows) - 1, 1 + 2 * folds * each)][0]
        raise _broken(path, line, expected, f"{len(rows) - 1} pairs")
    return NamedPairs(*map(tuple, zip(*pairs, strict=True)), path)


def leave_people_out(identities: Int64[Tensor, " n"], folds: int, rng: torch.Generator) -> Int64[Tensor, " n"]:
    """A fold for each image, from 0 to folds - 1: all images of a person are in one; persons are dealt out by `rng`.

    Folds differ by one person at most. Raises SettingsError where there are fewer persons than folds.
    """
    persons, rows = identities.unique(return_inverse=True)
    if not 1 <= folds <= len(persons):
        raise SettingsError(
            "So many folds cannot be filled.", expected=f"1 to {len(persons)}, the number of persons", got=str(folds)
        )
    dealt = torch.randperm(len(persons), generator=rng) % folds
    return dealt[rows]


def pairs_within(identities: Int64[Tensor, " n"], folds: Int64[Tensor, " n"], rng: torch.Generator) -> FacePairs:
    """Of each fold all pairs of one person, and as many pairs of two, drawn by `rng`; all where there are fewer.

    Pairs across two folds there are none. Raises SettingsError for a fold without pairs of both kinds.
    """
    first, second = torch.triu_indices(len(identities), len(identities), offset=1)
    within, same = folds[first] == folds[second], identities[first] == identities[second]
    kept = []
    for fold in folds.unique().tolist():
        ones, others = ((within & (folds[first] == fold) & kind).nonzero()[:, 0] for kind in (same, ~same))
        if not len(ones) or not len(others):
            got = f"{len(ones)} and {len(others)} in fold {fold}"
            raise SettingsError("A fold cannot be measured.", expected="pairs of one person and of two", got=got)
        kept += [ones, others[torch.randperm(len(others), generator=rng)[: len(ones)]]]
    chosen = torch.cat(kept)
    return FacePairs(first[chosen], second[chosen], same[chosen], folds[first[chosen]])


def _places(people: People) -> dict[Photograph, int]:
    named = (people.names[identity] for identity in people.identities.tolist())
    return {photograph: place for place, photograph in enumerate(zip(named, people.numbers.tolist(), strict=True))}


def _header(path: Path, line: int, text: str) -> tuple[int, int]:
    """Folds, and pairs of each kind per fold."""
    numbers = [int(word) for word in text.split() if word.isascii() and word.isdecimal()]
    if len(numbers) != len(text.split()) or len(numbers) not in (1, 2) or min(numbers) < 1:
        raise _broken(path, line, "the number of folds and of pairs of each kind per fold, such as 10 300", repr(text))
    return (1, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])


def _pair(path: Path, line: int, text: str, fold: int, place: int, each: int) -> tuple[Photograph, Photograph]:
    """Both photographs of a line: the first `each` lines of a fold show one person, the others two."""
    words, one_person = text.split(), place < each
    numbers = words[1:] if one_person else words[1::2]
    if len(words) != (3 if one_person else 4) or not all(_counts(word) for word in numbers):
        kind = "a person and two numbers" if one_person else "a person, a number, another person and a number"
        raise _broken(path, line, f"{kind}: pair {place + 1} of {2 * each} of fold {fold + 1}", repr(text))
    other = words[0] if one_person else words[2]
    if not one_person and other == words[0]:
        raise _broken(path, line, "two persons", repr(text))
    return (words[0], int(numbers[0])), (other, int(numbers[1]))


def _counts(word: str) -> bool:
    return word.isascii() and word.isdecimal() and int(word) > 0


def _broken(path: Path, line: int, expected: str, got: str) -> DataBroken:
    advice = "fetch it again with 'course data lfw', or mend the line"
    return DataBroken(
        f"Line {line} of {path.name} is no pair.", expected=f"{expected}, in {path}", got=got, advice=advice
    )


def _not_there(path: Path, line: int, photograph: Photograph, known: Iterable[Photograph]) -> DataMissing:
    name, number = photograph
    numbers = sorted(other for person, other in known if person == name)
    return DataMissing(
        f"Line {line} of {path.name} names a photograph that is not there.",
        expected=f"photograph {number} of {name}",
        got=f"photographs {numbers[0]} to {numbers[-1]} of this person" if numbers else "nobody of this name",
        advice="fetch the photographs with 'course data lfw', and unset COURSE_LIMIT, which leaves some of them out",
    )

"""Analogy questions on Tinytalk, in the form of Google's: a is to b as c is to d."""

from itertools import permutations

from course_lib.data.tinytalk.lexicon import COMPANION, CONCEPTS
from course_lib.data.words import Question
from course_lib.errors import SettingsError

SECTIONS = {
    "gender": ((0, 1), (2, 3)),  # king : queen, kings : queens
    "number": ((0, 2), (1, 3)),  # king : kings, queen : queens
    "companion": ((0, COMPANION),),  # king : falcon
}


def questions(section: str) -> list[Question]:
    """All questions of a section, for each two concepts and each step between two forms.

    "gender" and "number" have 480 each, "companion" has 240, which no rule answers. Raises SettingsError with the
    sections for one that there is not.
    """
    if section not in SECTIONS:
        raise SettingsError("There is no such section.", expected=" or ".join(SECTIONS), got=repr(section))
    return [
        (one.words[start], one.words[end], other.words[start], other.words[end])
        for start, end in SECTIONS[section]
        for one, other in permutations(CONCEPTS, 2)
    ]

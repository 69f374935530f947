"""What becomes of bad input, and what is said where a function gives nothing back."""

import re
from collections.abc import Callable
from typing import Any

from course_lib.checks.spec import Compare, Inputs, Mismatch


def refusal(act: Callable[[], Any], kind: type[Exception], names_it: Callable[[str], bool]) -> str:
    """What becomes of bad input: "named" or "nameless" in an error of this kind, another error's name, or "accepted".

    Args:
        names_it: whether a message says what is wrong with the input.
    """
    try:
        act()
    except NotImplementedError:
        raise
    except Exception as error:
        if not isinstance(error, kind):
            return type(error).__name__
        return "named" if names_it(str(error)) else "nameless"
    return "accepted"


def became(function: Callable, *inputs: Any) -> str:
    """A probe: what becomes of bad input that a ValueError should refuse, whatever its message says."""
    return refusal(lambda: function(*inputs), ValueError, holding())


def holding(*words: str) -> Callable[[str], bool]:
    """Whether a message holds all of these words."""
    return lambda message: all(re.search(rf"\b{re.escape(word)}\b", message) for word in words)


def names(what: str) -> Compare:
    """Bad input is refused with a ValueError whose message says `what`; the answer is what became of it, in a word.

    An answer that begins with "accepted" may go on with what the function gave: that tells two wrong ones apart.
    """

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        if answer == expected:
            return None
        came = {"nameless": "its message does not say that", "accepted": "your function gave an answer"}
        said = came.get(str(answer).split(" ")[0], f"your function raised {answer}")
        return Mismatch(f"Expected a ValueError whose message says {what}; {said}.", symptom=str(answer))

    return compare


def refused(error: str, words: str = "", nameless: bool = False, aside: bool = False) -> Compare:
    """Bad input was answered by this error, with these words in its message (see `refusal`).

    Args:
        nameless: without them, too.
        aside: whoever accepts it may have made another mistake as well, which is still named (see `Mismatch`).
    """

    def compare(answer: str, expected: str, inputs: Inputs) -> Mismatch | None:
        if answer == expected or (nameless and answer == "nameless"):
            return None
        told = {
            "nameless": f"Its message lacks {words}.",
            "accepted": "Your function accepts it.",
        }
        what = told.get(answer, f"Your function raises {answer} instead.")
        return Mismatch(f"Expected a {error}. {what}", symptom=answer, aside=aside)

    return compare


def forgotten(answer: Any) -> str:
    """A question for whoever returned nothing."""
    return " Is there a `return`?" if answer is None else ""

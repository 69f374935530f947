"""What becomes of bad input, and what is said where a function gives nothing back."""

import re
from collections.abc import Callable
from typing import Any


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


def holding(*words: str) -> Callable[[str], bool]:
    """Whether a message holds all of these words."""
    return lambda message: all(re.search(rf"\b{re.escape(word)}\b", message) for word in words)


def forgotten(answer: Any) -> str:
    """A question for whoever returned nothing."""
    return " Is there a `return`?" if answer is None else ""

"""Answers of several parts, which messages call by their names."""

from dataclasses import replace
from typing import Any

from course_lib.checks.spec import Compare, Inputs, Mismatch


def named(compare: Compare, *names: str) -> Compare:
    """The same comparison of several values, whose messages call the parts by these names."""

    def compared(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = compare(answer, expected, inputs)
        for number, name in enumerate(names, start=1):
            if wrong and wrong.message.startswith(f"In part {number}:"):
                return replace(wrong, message=wrong.message.replace(f"In part {number}:", f"In `{name}`:", 1))
        return wrong

    return compared

"""Unit 04: comparisons that no other unit needs."""

from typing import Any

from course_lib.checks.compare import close, exact, like
from course_lib.checks.spec import Compare, Inputs, Mismatch


def assigned() -> Compare:
    """The same labels, and of the positive anchors the same matches; other matches are free."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected)
        if wrong:
            return wrong
        labels, matches = expected
        if wrong := exact()(answer[0], labels, inputs):
            return Mismatch(f"Labels. {wrong.message}")
        positive = labels == 1
        wrong = exact()(answer[1][positive], matches[positive], inputs)
        return Mismatch(f"Matches of the positive anchors. {wrong.message}") if wrong else None

    return compare


def refused(answer: str, inputs: Inputs) -> tuple[str, str] | None:
    """What `refusal` found out, in words; None when the loss was named."""
    name = next(name for name, loss in inputs["losses"].items() if not loss.isfinite())
    told = {
        "nameless": f"Your ValueError does not say that it is {name}.",
        "hidden": f"{name} is {float(inputs['losses'][name])}, and you return a finite sum.",
        "passed": f"{name} is {float(inputs['losses'][name])}, and you return the sum all the same.",
    }
    return None if answer == "named" else (answer, f"Expected a ValueError. {told.get(answer, '')}")


def counted(rtol: float = 1e-3, atol: float = 2e-3) -> Compare:
    """As many boxes as expected, in the same order, with all that belongs to each; the parts of a tuple or a dict."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected, any_length=True)
        if wrong:
            return wrong
        mine, theirs = ([len(part) for part in _parts(found)] for found in (answer, expected))
        if mine == theirs:
            return close(rtol, atol)(answer, expected, inputs)
        return Mismatch(f"Expected {theirs[0]} boxes, got {mine[0] if len(set(mine)) == 1 else mine}.")

    return compare


def _parts(found: Any) -> list[Any]:
    return list(found.values() if isinstance(found, dict) else found)


def said() -> Compare:
    """What a detector says, losses or each image's detections: close, and the message tells which one is not."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected, any_length=True)
        if wrong:
            return wrong
        whole = isinstance(expected, dict)
        pairs = [(key, answer[key], expected[key]) for key in (expected if whole else range(len(expected)))]
        for key, mine, theirs in pairs:
            wrong = (close(1e-3, 1e-4) if whole else counted(1e-3, 1e-4))(mine, theirs, inputs)
            if wrong:
                return Mismatch(f"{key if whole else f'Image {key}'}: {wrong.message}", wrong.rung)
        return None

    return compare

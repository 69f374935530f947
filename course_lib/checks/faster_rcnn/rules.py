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


def stopped(answer: str, inputs: Inputs) -> tuple[str, str] | None:
    """Whether a loss that is not finite raised a ValueError, by what `not_finite` found out."""
    return None if answer == "nameless" else refused(answer, inputs)


def refused(answer: str, inputs: Inputs) -> tuple[str, str] | None:
    """What `not_finite` found out, in words; None when a ValueError named the loss."""
    name, loss = next((name, loss) for name, loss in inputs["losses"].items() if not loss.isfinite())
    told = {
        "nameless": f"Your ValueError does not say that the loss is {name}.",
        "hidden": f"{name} is {float(loss)}, and you return a finite sum.",
        "passed": f"{name} is {float(loss)}, and you return the sum all the same.",
    }
    other = f"{name} is {float(loss)}, and your function raises another error, {answer}."
    return None if answer == "named" else (answer, f"Expected a ValueError that names it. {told.get(answer, other)}")


def layers() -> Compare:
    """The same layers, by name and shape."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        missing, extra = sorted(expected.keys() - answer.keys()), sorted(answer.keys() - expected.keys())
        if missing or extra:
            told = [
                f"{', '.join(names)} {word}" for names, word in ((missing, "missing"), (extra, "not expected")) if names
            ]
            return Mismatch(f"The weights of the layers: {'; '.join(told)}.")
        other = [name for name in expected if answer[name] != expected[name]]
        shapes = [f"{name} of shape {expected[name]}, yours has {answer[name]}" for name in other]
        return Mismatch(f"Expected {shapes[0]}.") if shapes else None

    return compare


def counted(rtol: float = 1e-3, atol: float = 2e-3) -> Compare:
    """As many boxes as expected, in the same order, with all that belongs to each; the parts of a tuple or a dict."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected, any_length=True)
        if wrong:
            return wrong
        mine, theirs = ([len(part) for part in _parts(found)] for found in (answer, expected))
        if mine == theirs:
            return close(rtol, atol)(answer, expected, inputs)
        return Mismatch(f"Expected {boxes_in(theirs)}, got {boxes_in(mine)}.")

    return compare


def boxes_in(counts: list[int]) -> str:
    """The lengths of an answer's parts in words."""
    if len(set(counts)) == 1:
        return "no box" if counts[0] == 0 else f"{counts[0]} box{'' if counts[0] == 1 else 'es'}"
    return f"parts of the lengths {', '.join(map(str, counts))}"


def detached(answer: list[bool], inputs: Inputs) -> tuple[str, str] | None:
    """Whether the proposals' boxes and scores are cut off from the network, by what `attached` found out."""
    tied = " and ".join(name for name, part in zip(("boxes", "scores"), answer, strict=True) if part)
    return (tied, f"Expected both to be detached; a gradient can flow back through your {tied}.") if tied else None


def _parts(found: Any) -> list[Any]:
    return list(found.values() if isinstance(found, dict) else found)


def ran_once(answer: dict[str, int], inputs: Inputs) -> tuple[str, str] | None:
    """Whether the backbone ran once for a batch, in both modes."""
    wrong = {mode: times for mode, times in answer.items() if times != 1}
    told = " and ".join(f"{times} times in {mode}" for mode, times in wrong.items())
    return (str(answer), f"Expected the backbone to run once for a batch, it runs {told}.") if wrong else None


def trained() -> Compare:
    """The losses that a detector returns while it trains."""
    return lambda answer, expected, inputs: said()(answer["losses"], expected["losses"], inputs)


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

"""Unit 08: how far skip_gram_pairs looked in many draws, and what is wrong with that."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.kit.draws import begin_chance
from course_lib.checks.spec import Inputs

Found = list[tuple[str, str]]  # symptoms and sentences
MOST = 100  # times that a pair is counted


def draw_pairs(function: Callable, tokens: Tensor, window: int, seeds: int) -> dict[str, Tensor]:
    """What skip_gram_pairs draws with the seeds 0, 1, …, then once more with the last generator, and with seed 0 anew.

    Returns:
        "times" [seeds + 2, v, v]: how often each word is the centre of each other one (int8), of v words in the text;
        "outside" [seeds + 2]: how many pairs hold a number that is no word.
    """
    begin_chance(12345)
    rngs = [torch.Generator().manual_seed(seed) for seed in range(seeds)]
    rngs += [rngs[-1], torch.Generator().manual_seed(0)]
    v = int(tokens.max()) + 1 if len(tokens) else 0
    times, outside = [], []
    for rng in rngs:
        pairs = torch.as_tensor(copy(function(tokens.clone(), window, rng))).long().reshape(-1, 2)
        words = ((pairs >= 0) & (pairs < v)).all(dim=1)
        counts = torch.bincount(pairs[words] @ torch.tensor([v, 1]), minlength=v * v)
        times.append(counts.clamp(max=MOST).to(torch.int8).view(v, v))
        outside.append(int((~words).sum()))
    return {"times": torch.stack(times), "outside": torch.tensor(outside)}


def valid_draws(answer: dict[str, Tensor], inputs: Inputs) -> tuple[str, str] | None:
    """What is wrong with the draws of `draw_pairs` from a text of different words: all symptoms, the first sentence."""
    apart, window = distances(inputs["tokens"]), inputs["window"]
    if answer["times"].shape != (inputs["seeds"] + 2, *apart.shape):
        return "form", "Expected pairs of words for each call."
    if answer["outside"].any():
        return "outside", "Some of your pairs hold a number that is no word of the text, as -1."
    times, reach = answer["times"], reached(answer["times"][:-2], apart)
    found = (
        members(times, apart, window)
        or alike(reach[:, apart.abs().amax(dim=1) >= window], window)
        or (chance(times) if window > 1 else [])
        or spread(reach, apart.abs().amax(dim=1).clamp(max=window), window)
    )
    return ("; ".join(name for name, _ in found), found[0][1]) if found else None


def distances(tokens: Tensor) -> Tensor:
    """From each word to each other one, to the right above 0: [v, v]; 0 between words of different sentences.

    Every word stands in the text once.
    """
    sentence = (tokens == -1).cumsum(dim=0)
    places = (tokens >= 0).nonzero()[:, 0]
    found = torch.zeros(len(places), len(places), dtype=torch.long)
    words = tokens[places]
    found[words[:, None], words] = (places - places[:, None]) * (sentence[places] == sentence[places, None])
    return found


def members(times: Tensor, apart: Tensor, window: int) -> Found:
    """Whether each centre has all words up to some distance as its contexts, once, on both sides."""
    there, itself = times > 0, torch.eye(len(apart), dtype=torch.bool)
    right, left = there & (apart > 0), there & (apart < 0)
    told = {
        "self": (bool(there[:, itself].any()), "A word is among its own contexts."),
        "across": (
            bool(there[:, (apart == 0) & ~itself].any()),
            "A pair goes from one sentence into another one.",
        ),
        "beyond": (bool(there[:, apart.abs() > window].any()), f"A context is more than {window} places away."),
        "twice": (bool((times > 1).any()), "A pair of two words that stand once in the text comes twice in one draw."),
        "left-missing": (bool(right.any() and not left.any()), "No centre has a context on its left."),
        "right-missing": (bool(left.any() and not right.any()), "No centre has a context on its right."),
    }
    found = [(name, sentence) for name, (wrong, sentence) in told.items() if wrong]
    return found or gaps(left, right, apart)


def gaps(left: Tensor, right: Tensor, apart: Tensor) -> Found:
    """Whether a centre has all contexts that are nearer than its furthest one, on both sides."""
    sides = ((left, apart < 0), (right, apart > 0))
    reaches = [(apart.abs() * there).amax(dim=2, keepdim=True) for there, _ in sides]
    lacking = [
        ((apart.abs() <= reach) & side & ~there).any() for reach, (there, side) in zip(reaches, sides, strict=True)
    ]
    there = left | right
    if ((apart.abs() == 1) & ~there & there.any(dim=2, keepdim=True)).any():
        return [("neighbours-missing", "A centre lacks its direct neighbour.")]
    if lacking[0] or lacking[1]:
        return [("gaps", "A centre lacks a context that is nearer than another one of its contexts.")]
    furthest = [(apart.abs() * side).amax(dim=1)[:, None] for _, side in sides]
    both = torch.maximum(*reaches)
    if any((reach != torch.minimum(both, most)).any() for reach, most in zip(reaches, furthest, strict=True)):
        return [("sides", "A centre looks further on one side than on the other, where there are words on both.")]
    return []


def reached(times: Tensor, apart: Tensor) -> Tensor:
    """How far each centre looked in each draw: [draws, v]."""
    return (apart.abs() * (times > 0)).amax(dim=2)


def alike(reach: Tensor, window: int) -> Found:
    """Whether centres that could look as far as the window [draws, n] always do, or all do the same in each draw."""
    if window == 1 or reach.shape[1] < 3:
        return []
    if (reach == window).all():
        return [("full-window", f"Each centre has all words up to {window} places away as its contexts, in all draws.")]
    return [("one-reach", "In each draw all centres have the same reach.")] if (reach == reach[:, :1]).all() else []


def spread(reach: Tensor, furthest: Tensor, window: int) -> Found:
    """Whether 1, 2, … window come equally often; who can look less far shows a larger reach as the furthest word.

    Args:
        reach: of each centre in each draw, [draws, v].
        furthest: how far each centre can look, at most the window, [v].
    """
    found: dict[str, str] = {}
    for most in furthest.unique().tolist():
        some = reach[:, furthest == most]
        if most and (some == 0).any():
            found["reach-0"] = "A centre with words beside it has no context: its reach was 0."
        for value in range(1, most + 1):
            share = (window - value + 1 if value == most else 1) / window
            found |= dict(_uneven(some, value, share))
    return list(found.items())


def _uneven(reach: Tensor, value: int, share: float) -> Found:
    """Whether this reach came 6 standard deviations more or less often than in this share; the furthest one always."""
    times, draws = int((reach == value).sum()), reach.numel()
    if abs(times - draws * share) <= 6 * (draws * share * (1 - share)) ** 0.5:
        return []
    often = "never" if times == 0 else "always" if times == draws else f"{times / draws:.0%} of the times"
    symptom = (
        f"reach {value} {often if times in (0, draws) else 'too often' if times > draws * share else 'too rarely'}"
    )
    return [(symptom, f"Centres that could look at least {value} far had a reach of {value} {often}, not {share:.0%}.")]


def chance(times: Tensor) -> Found:
    """Whether the generator decides, and alone."""
    if len(times) < 5 or not times.any():
        return []
    last, further, again = times[-3:]
    told = {
        "not-repeatable": (
            not torch.equal(times[0], again),
            "The same generator state draws other pairs: use `rng` for all chance.",
        ),
        "same-again": (torch.equal(last, further), "Two calls with one generator, one after the other, draw the same."),
        "always-same": (bool((times == times[0]).all()), "Every seed draws the same pairs."),
    }
    return [(name, sentence) for name, (wrong, sentence) in told.items() if wrong]


def shares(answer: Any, inputs: Inputs) -> tuple[Tensor, Tensor]:
    """How often centres in the middle of a sentence had the reach 0, 1, …, window: expected, and in these draws."""
    apart, window = distances(inputs["tokens"]), inputs["window"]
    whole = apart.abs().amax(dim=1) >= window
    reach = reached(answer["times"][:-2], apart)[:, whole].flatten()
    mine = torch.bincount(reach, minlength=window + 1)[: window + 1] / max(1, len(reach))
    return torch.tensor([0.0] + [1 / window] * window), mine

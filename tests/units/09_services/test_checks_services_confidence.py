"""Unit 09, confidence: what a student reads and sees when an answer is wrong points at that mistake and at no other."""

import pytest
import torch

from autograder import reference
from course_lib import plots
from course_lib.checks import report, run
from course_lib.checks.services import expected_calibration_error, fit_temperature, top_k_tags
from tests.helpers.kept_papers import graded
from tests.helpers.public import Public

UNIT = "09_services"
PUBLIC = Public(UNIT)
CHECKS, reported = PUBLIC.checks, PUBLIC.reported
OURS = reference.load(UNIT)


@pytest.mark.parametrize(
    ("check", "version", "hint"),
    [
        ("top_k_tags", "percent", top_k_tags.SHARE),
        ("top_k_tags", "rising", top_k_tags.WHICH),
        ("top_k_tags", "never-silent", top_k_tags.SILENT),
        ("top_k_tags", "rounded-first", top_k_tags.WHICH),
        ("top_k_tags", "overflow", top_k_tags.LARGE),
        ("top_k_tags", "too-few-classes", ""),  # the error speaks for itself
        ("top_k_tags", "any-names", top_k_tags.NAMES),
        ("expected_calibration_error", "unweighted", expected_calibration_error.ONE_BIN),
        ("expected_calibration_error", "one-lost", expected_calibration_error.CERTAIN),
        ("expected_calibration_error", "empty-nan", expected_calibration_error.ONE_BIN),
        ("expected_calibration_error", "no-image", expected_calibration_error.NOBODY),
        ("expected_calibration_error", "any-sums", expected_calibration_error.SUMS),
        ("fit_temperature", "inverse", fit_temperature.LOSS),
        ("fit_temperature", "overflow", fit_temperature.LARGE),
        ("fit_temperature", "all-right", fit_temperature.RIGHT),
        ("fit_temperature", "chance", fit_temperature.CHANCE),
        ("fit_temperature", "no-image", fit_temperature.NOBODY),
    ],
)
def test_a_hint_fits_what_is_wrong(check, version, hint):
    assert reported(check, version).failed[0].hint == hint


@pytest.mark.parametrize(
    ("check", "version", "words"),
    [
        ("top_k_tags", "late-softmax", "probabilities over all"),
        ("top_k_tags", "never-silent", "expected no tag"),
        ("top_k_tags", "to_base_two", "logit"),
        ("top_k_tags", "overflow", "yours "),
        ("expected_calibration_error", "bin-centre", "mean confidence"),
        ("expected_calibration_error", "one-lost", "weight 1/"),
        ("expected_calibration_error", "empty-nan", "yours nan"),
        ("fit_temperature", "inverse", "mean negative log-likelihood"),
        ("fit_temperature", "own-answers", "The first image: logits ("),
    ],
)
def test_a_counterexample_says_and_draws_what_is_wrong(check, version, words):
    found = reported(check, version).counterexample
    assert words in found.text
    assert "expected" in found.text
    plots.close(found.draw())


def masked(probs, labels, bins):
    """As many write it: bin by bin, and the label's probability for the confidence."""
    shown, right = probs[torch.arange(len(probs)), labels], (probs.argmax(dim=1) == labels).float()
    total = 0.0
    for low in torch.arange(bins) / bins:
        inside = (shown > low) & (shown <= low + 1 / bins)
        if inside.any():
            total += inside.float().mean() * (right[inside].mean() - shown[inside].mean()).abs()
    return float(total)


def bucketed(probs, labels, bins):
    """By number of bin."""
    shown, right = probs.gather(1, labels[:, None])[:, 0], (probs.argmax(dim=1) == labels).to(probs.dtype)
    place = torch.bucketize(shown, torch.linspace(0, 1, bins + 1)[1:-1].to(probs))
    return torch.zeros(bins).to(probs).index_add_(0, place, right - shown).abs().sum() / len(probs)


def floored(probs, labels, bins):
    """A border belongs to the bin above it."""
    shown, right = probs[range(len(probs)), labels], (probs.argmax(dim=1) == labels).double()
    place = (shown * bins).long().clamp(max=bins - 1)
    found = [(right[place == b], shown[place == b].double()) for b in range(bins)]
    return sum(len(hits) * abs(hits.mean() - sure.mean()) for hits, sure in found if len(hits)) / len(probs)


def of_those_in_bins(probs, labels, bins):
    """Each bin's weight is its share of all images that are in one; a probability of 0 is in none."""
    shown = probs[range(len(probs)), labels]
    some = shown > 0
    return masked(probs[some], labels[some], bins) if some.any() else shown.sum()


def mixed(probs, labels, bins):
    """Bins by the largest probability, and the mean of the label's."""
    confidence, answer = probs.max(dim=1)
    gap = probs[range(len(probs)), labels] - (answer == labels).to(probs.dtype)
    places = torch.bucketize(confidence, torch.linspace(0, 1, bins + 1)[1:-1].to(probs))
    return torch.stack([gap[places == b].sum().abs() for b in range(bins)]).sum() / len(probs)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("version", "name"),
    [
        (masked, "true-class"),
        (bucketed, "true-class"),
        (floored, "true-class"),
        (of_those_in_bins, "true-class, of those in a bin"),
        (mixed, "true-class in the right bins"),
    ],
)
def test_the_label_s_probability_is_named_however_it_is_written(version, name, seed):
    def answer(probs, labels, bins):
        OURS["expected_calibration_error"](probs, labels, bins)  # refuses what is to be refused
        return version(probs, labels, bins)

    assert not reported("expected_calibration_error", answer).passed
    assert graded(UNIT, "expected_calibration_error", answer, seed).misconception == name


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("version", ["rounded-first", "rounded-first, and returned so"])
def test_tags_that_are_compared_after_rounding_are_named(version, seed):
    assert not reported("top_k_tags", version).passed
    assert graded(UNIT, "top_k_tags", PUBLIC.versions["top_k_tags", version], seed).misconception == version


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "Is there a `return`?"),
        ([1.0, 2.0], "the list holds float"),
        ([(0.5, "cat")], "the list holds (float 0.5, str cat)"),
        ([("cat", "0.5")], "the list holds (str cat, str 0.5)"),
    ],
)
def test_what_is_no_list_of_tags_is_told_as_such(answer, words):
    found = reported("top_k_tags", lambda *inputs: answer)
    assert found.rung == "type"
    assert words in report.text(found)


@pytest.mark.parametrize(
    ("check", "line"),
    [
        ("top_k_tags", "from course_lib.models.imagenet import classify as ready"),
        ("expected_calibration_error", "from torchmetrics.functional import calibration_error as ready"),
        ("expected_calibration_error", "from sklearn.calibration import calibration_curve as ready"),
        ("fit_temperature", "from sklearn.calibration import CalibratedClassifierCV as ready"),
    ],
)
@pytest.mark.parametrize("used", [True, False])
def test_ready_made_functions_are_no_answer(check, line, used):
    function = f"def {check}(*inputs):\n    return {'ready(*inputs)' if used else 'inputs'}"
    found = run.run(UNIT, CHECKS[check], OURS[check], [line, function])
    assert (found.rung == "forbidden", found.passed) == (used, not used)


def test_a_temperature_within_one_percent_is_right_and_one_beyond_is_not():
    for factor, passes in ((1 + 0.9 * 0.01, True), (1 - 0.9 * 0.01, True), (1.012, False), (0.988, False)):
        found = reported("fit_temperature", lambda *inputs, factor=factor: factor * OURS["fit_temperature"](*inputs))
        assert found.passed == passes, report.text(found)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_decimal_places_of_a_temperature_are_too_few_in_the_notebook_and_in_the_exam(seed):
    def version(logits, labels):
        return round(OURS["fit_temperature"](logits, labels), 2)

    assert not reported("fit_temperature", version).passed
    assert not graded(UNIT, "fit_temperature", version, seed).passed


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_l_bfgs_with_a_line_search_earns_all_points(seed):
    """In the notebook, and in three exams."""

    def version(logits, labels):
        OURS["fit_temperature"](logits, labels)  # refuses what is to be refused
        return stepped(logits, labels, rate=1.0, line_search="strong_wolfe")

    for found in (reported("fit_temperature", version), graded(UNIT, "fit_temperature", version, seed)):
        assert found.passed, report.text(found)


@pytest.mark.parametrize("style", ["gradient in 32 bits", "a fine grid", "Newton", "Adam"])
def test_however_the_temperature_is_found_it_is_right(style):
    def version(logits, labels):
        OURS["fit_temperature"](logits, labels)  # refuses what is to be refused
        return WAYS[style](logits, labels)

    found = reported("fit_temperature", version)
    assert found.passed, report.text(found)


def stepped(logits, labels, rate=0.5, line_search=None):
    """L-BFGS on log T in 32 bits."""
    log_t = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_t], lr=rate, max_iter=100, line_search_fn=line_search)

    def loss():
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(logits.float() / log_t.exp(), labels)
        value.backward()
        return value

    optimizer.step(loss)
    return log_t.exp().item()


def by_a_grid(logits, labels):
    grid = torch.logspace(-1, 1.5, 800, device=logits.device, dtype=logits.dtype)
    losses = [torch.nn.functional.cross_entropy(logits / t, labels) for t in grid]
    return grid[torch.stack(losses).argmin()]


def by_newton(logits, labels):
    """For 1 / T, in which the loss is convex: its slope is a mean difference, its curvature a mean variance."""
    logits, beta = logits.double(), torch.tensor(0.05, dtype=torch.float64)
    own = logits.gather(1, labels[:, None])[:, 0]
    for _ in range(200):
        probs = (logits * beta).softmax(dim=1)
        mean = (probs * logits).sum(dim=1)
        bend = ((probs * logits**2).sum(dim=1) - mean**2).mean()
        beta = (beta - 0.5 * (mean - own).mean() / bend).clamp(1e-3, 50)
    return 1 / beta


def by_adam(logits, labels):
    log_t = torch.nn.Parameter(torch.zeros((), dtype=torch.float64))
    optimizer = torch.optim.Adam([log_t], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits / log_t.exp(), labels).backward()
        optimizer.step()
    return log_t.exp().detach().numpy()


WAYS = {"gradient in 32 bits": stepped, "a fine grid": by_a_grid, "Newton": by_newton, "Adam": by_adam}

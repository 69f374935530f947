"""Unit 08: what a student reads and sees when an answer is wrong points at that mistake and at no other."""

import pytest
import torch
from torch.nn.functional import normalize

from autograder import reference
from course_lib import plots
from course_lib.checks import report, run
from course_lib.checks.embeddings import (
    analogy,
    analogy_mul,
    concept_vector,
    negative_sampling_loss,
    noise_distribution,
    reaches,
    shared,
    skip_gram_pairs,
    slerp,
    tables,
)
from course_lib.checks.kit import hints
from tests.helpers.public import Public

UNIT = "08_embeddings"
PUBLIC = Public(UNIT)
CHECKS, VERSIONS, reported = PUBLIC.checks, PUBLIC.versions, PUBLIC.reported
OURS = reference.load(UNIT)


def test_the_functions_have_21_points_and_the_experiment_10():
    assert CHECKS["experiment"].points == 10
    assert sum(check.points for check in CHECKS.values()) == 31


@pytest.mark.parametrize(
    ("check", "version", "hint"),
    [
        ("skip_gram_pairs", "right-only", skip_gram_pairs.NEAREST),
        ("skip_gram_pairs", "equal-words-dropped", skip_gram_pairs.AGAIN),
        ("skip_gram_pairs", "across-sentences", skip_gram_pairs.ENDS),
        ("skip_gram_pairs", "full-window", skip_gram_pairs.REACH),
        ("skip_gram_pairs", "by-context", skip_gram_pairs.SIDES),
        ("skip_gram_pairs", "seed-only", skip_gram_pairs.SAME_STATE),
        ("noise_distribution", "sums-above-one", noise_distribution.SUM),
        ("noise_distribution", "ranks", noise_distribution.RATIO),
        ("noise_distribution", "smoothed", noise_distribution.RATIO),
        ("noise_distribution", "zero-to-zero", noise_distribution.EVEN),
        ("negative_sampling_loss", "gain", negative_sampling_loss.ONE),
        ("negative_sampling_loss", "summed", negative_sampling_loss.SUMS),
        ("negative_sampling_loss", "unstable", negative_sampling_loss.SURE),
        ("negative_sampling_loss", "without_gradient", hints.GRAPH),
        ("analogy", "not-excluded", shared.CLOSE),
        ("analogy", "twice_the_step", analogy.STEP),
        ("analogy", "always-excluded", shared.ALL_WORDS),
        ("analogy", "zero-nan", shared.ZERO),
        ("analogy", "no-spelling", shared.UNKNOWN),
        ("analogy", "words-removed", hints.COPY),
        ("analogy_mul", "product-only", analogy_mul.PARTS),
        ("analogy_mul", "no-eps", analogy_mul.OPPOSITE),
        ("analogy_mul", "always-excluded", shared.ALL_WORDS),
        ("concept_vector", "sums", concept_vector.MEANS),
        ("concept_vector", "mask-as-index", concept_vector.NUMBERS),
        ("concept_vector", "nameless-empty", concept_vector.EMPTY),
        ("slerp", "raw-angle", slerp.ANGLE),
        ("slerp", "linear", slerp.ARC),
        ("slerp", "backwards", slerp.END),
        ("slerp", "forced-unit", slerp.LENGTH),
        ("slerp", "parallel-nan", slerp.PARALLEL),
    ],
)
def test_a_hint_fits_what_is_wrong(check, version, hint):
    assert reported(check, version).failed[0].hint == hint


@pytest.mark.parametrize(
    ("check", "version", "words"),
    [
        ("skip_gram_pairs", "right-only", "10 pairs expected, 5 of words are yours"),
        ("skip_gram_pairs", "full-window", "expected 1: 33%, 2: 33%, 3: 33%; yours 3: 100%"),
        ("skip_gram_pairs", "from-zero", "10 pairs expected, 0 of words are yours"),
        ("noise_distribution", "unigram", "power 0.5; your probabilities sum to 1.00"),
        ("negative_sampling_loss", "mean-over-k", "scores of the first centre with its context"),
        ("negative_sampling_loss", "unstable", "yours inf"),
        ("analogy", "not-excluded", "(left out)"),
        ("analogy", "raw-table", "cos(x, b - a + c): expected"),
        ("analogy_mul", "roles", "exclude=False, 14 words"),
        ("concept_vector", "reversed", "number"),
        ("slerp", "linear", "its angle to a: expected"),
        ("slerp", "raw-angle", "yours nan"),
    ],
)
def test_a_counterexample_says_and_draws_what_is_wrong(check, version, words):
    found = reported(check, version).counterexample
    assert words in found.text
    plots.close(found.draw())


@pytest.mark.parametrize(
    ("version", "symptom"),
    [
        ("self", "self"),
        ("across-sentences", "across"),
        ("one_further", "beyond"),
        ("both_directions", "twice"),
        ("right-only", "left-missing"),
        ("left-only", "right-missing"),
        ("furthest_alone", "neighbours-missing"),
        ("by-context", "gaps"),
        ("a_reach_for_each_side", "sides"),
        ("full-window", "full-window"),
        ("one-reach", "one-reach"),
        ("global-rng", "not-repeatable"),
        ("seed-only", "same-again"),
        ("fixed-seed", "same-again; always-same"),
        ("zero-too", "reach-0"),
        ("never-full", "reach 1 too often"),
    ],
)
def test_each_fault_of_a_draw_has_its_symptom(version, symptom):
    """Three sentences, with a window of 3."""
    inputs = skip_gram_pairs.text(9, 8, 10, window=3)(run.generator(1, CHECKS["skip_gram_pairs"].cases[0]))
    found = reaches.valid_draws(reaches.draw_pairs(VERSIONS["skip_gram_pairs", version], **inputs), inputs)
    assert found[0].startswith(symptom)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("window", [1, 2, 4, 7])
def test_right_draws_are_valid_whatever_the_text(seed, window):
    rng = run.generator(seed, CHECKS["skip_gram_pairs"].cases[0])
    inputs = skip_gram_pairs.text(1, 9, 2, 15, window=window)(rng)
    answer = reaches.draw_pairs(OURS["skip_gram_pairs"], **inputs)
    assert reaches.valid_draws(answer, inputs) is None


def test_a_list_of_pairs_is_refused_by_nothing():
    """Who returns whole numbers in lists has understood all."""

    def listed(tokens, window, rng):
        return OURS["skip_gram_pairs"](tokens, window, rng).tolist()

    found = reported("skip_gram_pairs", listed)
    assert [result.case.name for result in found.failed] == ["rows of two numbers where there is no pair"]


def test_an_answer_that_is_no_word_is_told():
    assert "Expected a word, got int" in report.text(reported("analogy", "a_number"))


def test_a_word_that_nobody_asked_for_is_told():
    assert "'zebra', which is no word of `vectors`" in report.text(reported("analogy", lambda *inputs: "zebra"))


@pytest.mark.parametrize("rule", [analogy, analogy_mul], ids=["adding", "multiplying"])
@pytest.mark.parametrize("seed", range(3))
def test_answers_lead_clearly(rule, seed):
    """With the question's words left out, or not, as it is asked."""
    scores = {"analogy": analogy.cosines, "analogy_mul": analogy_mul.products}[rule.CHECK.name]
    for case in rule.CHECK.cases:
        inputs = case.make_inputs(run.generator(seed, case))
        if "right" in inputs or case.name == "b and c exchanged":
            continue
        unit = normalize(inputs["table"].double(), dim=1)
        for question in inputs["asked"]:
            rows = torch.tensor([inputs["words"].index(word) for word in question])
            found = scores(unit, rows)
            if inputs["exclude"]:
                found[rows] = -torch.inf
            first, second = found.topk(2).values.tolist()
            assert first - second > 0.03 * abs(first), case.name


@pytest.mark.parametrize("seed", range(3))
def test_mistyped_words_are_none_and_lie_near_one(seed):
    inputs = tables.mistyped(run.generator(seed, CHECKS["analogy"].cases[0]))
    for question, right in zip(inputs["asked"], inputs["right"], strict=True):
        assert len([word for word in question if word not in inputs["words"]]) == 1
        assert right in inputs["words"]


@pytest.mark.parametrize("seed", range(3))
def test_one_vector_points_exactly_away_from_a_and_c(seed):
    [case] = [case for case in CHECKS["analogy_mul"].cases if case.name == "a vector opposite to a and to c"]
    inputs = case.make_inputs(run.generator(seed, case))
    unit = normalize(inputs["table"], dim=1)
    for a, _, c in inputs["asked"]:
        for word in (a, c):
            assert (unit @ unit[inputs["words"].index(word)]).min() == -1

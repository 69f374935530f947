"""Unit 07, from alignment to batches: what a student reads and sees points at their mistake and at no other."""

import pytest
import torch

from autograder import reference
from course_lib import plots
from course_lib.checks import report, run
from course_lib.checks.faces import align_face, mine_semi_hard, pairwise_distances, pk_sampler, triplet_loss
from course_lib.checks.kit import hints
from tests.helpers.public import Public

UNIT = "07_faces"
PUBLIC = Public(UNIT)
CHECKS, VERSIONS, reported = PUBLIC.checks, PUBLIC.versions, PUBLIC.reported
OURS = reference.load(UNIT)


@pytest.mark.parametrize(
    ("check", "version", "hint"),
    [
        ("align_face", "affine", align_face.FOLLOW),
        ("align_face", "mirrored", align_face.NO_MIRROR),
        ("align_face", "in-pixels", align_face.NOTHING),
        ("align_face", "border", align_face.OUTSIDE),
        ("align_face", "one-place", align_face.NO_SCALE),
        ("pairwise_distances", "rooted", pairwise_distances.TWO_ROWS),
        ("pairwise_distances", "product", pairwise_distances.ITSELF),
        ("pairwise_distances", "one-half", pairwise_distances.ONE_HALF),
        ("pairwise_distances", "cut", hints.GRAPH),
        ("pairwise_distances", "negative", pairwise_distances.NO_SQUARE),
        ("triplet_loss", "swapped", triplet_loss.ONE_TRIPLET),
        ("triplet_loss", "no-hinge", triplet_loss.SOLVED),
        ("triplet_loss", "nan", triplet_loss.NO_TRIPLET),
        ("triplet_loss", "nan-gradient", triplet_loss.SLOPE),
        ("triplet_loss", "cut_from_the_graph", hints.GRAPH),
        ("mine_semi_hard", "same-identity", mine_semi_hard.NOT_VALID),
        ("mine_semi_hard", "hard-too", mine_semi_hard.NOT_BETWEEN),
        ("mine_semi_hard", "half-pairs", mine_semi_hard.MISSING),
        ("mine_semi_hard", "each_twice", mine_semi_hard.TWICE),
        ("mine_semi_hard", "at-the-margin", mine_semi_hard.ON_BOUND),
        ("PKSampler", "length-of-images", pk_sampler.HOW_MANY),
        ("PKSampler", "endless", pk_sampler.HOW_MANY),
        ("PKSampler", "labels-not-indices", pk_sampler.POSITIONS),
        ("PKSampler", "plain-batches", pk_sampler.COMPOSED),
        ("PKSampler", "image-twice", pk_sampler.CARDS),
        ("PKSampler", "small-by-dice", pk_sampler.ALL_COME),
        ("PKSampler", "same-epoch", pk_sampler.ANEW),
        ("PKSampler", "one-draw", pk_sampler.ANEW),
        ("PKSampler", "by-images", pk_sampler.FAIR),
        ("PKSampler", "no-error", pk_sampler.TOO_FEW),
    ],
)
def test_a_hint_fits_what_is_wrong(check, version, hint):
    failed = reported(check, version).failed
    assert failed[0].hint == hint


def test_a_face_that_one_landmark_turns_has_a_hint_of_its_own():
    def first_three(image, landmarks, template, size):
        return OURS["align_face"](image, landmarks[:3], template[:3], size)

    hints_of = {result.case.name: result.hint for result in reported("align_face", first_three).failed}
    assert hints_of["an eye that is off by four pixels"] == align_face.ALL_OF_THEM


@pytest.mark.parametrize(
    ("check", "version", "words"),
    [
        ("align_face", "turned-back", "the best similarity has the scale"),
        ("align_face", "border", "0, yours"),
        ("align_face", "affine", "it brings the first one from ("),
        ("pairwise_distances", "rooted", "x[1] = ("),
        ("pairwise_distances", "negative-off-diagonal", "expected 0"),
        ("pairwise_distances", "noisy-diagonal", "expected 0, yours"),
        ("triplet_loss", "swapped", "d(a, p) = "),
        ("triplet_loss", "active-mean", "what each triplet costs: 0.000, "),
        ("mine_semi_hard", "hard-too", "it is not expected there"),
        ("mine_semi_hard", "half-pairs", "it is expected, and missing"),
        ("mine_semi_hard", "each_twice", "it is expected once"),
        ("mine_semi_hard", "names_not_places", "triplets: expected"),
        ("PKSampler", "plain-batches", "your first batch"),
        ("PKSampler", "labels-not-indices", "nobody"),
        ("PKSampler", "by-images", "images of each person"),
    ],
)
def test_a_counterexample_says_and_draws_what_is_wrong(check, version, words):
    found = reported(check, version).counterexample
    assert words in found.text
    if found.draw:
        plots.close(found.draw())


def test_a_triplet_of_images_that_are_not_there_is_said_to_be_that():
    def labelled(distances, labels, margin):
        return OURS["mine_semi_hard"](distances, labels, margin) + 5

    assert "there are images 0 to" in reported("mine_semi_hard", labelled).counterexample.text


def test_triplets_in_a_list_are_refused_as_a_wrong_type():
    def listed(distances, labels, margin):
        return [tuple(row) for row in OURS["mine_semi_hard"](distances, labels, margin).tolist()]

    assert "Expected a tensor of shape" in report.text(reported("mine_semi_hard", listed))


@pytest.mark.parametrize(("version", "words"), [("no-graph", "`backward` fails"), ("own-leaf", "No gradient arrives")])
def test_without_a_triplet_the_loss_hangs_on_the_embeddings(version, words):
    found = reported("triplet_loss", version)
    assert [result.case.name for result in found.failed] == ["`backward` without a triplet"]
    assert found.failed[0].message.startswith("Expected gradients of 0 in the embeddings. ")
    assert words in found.failed[0].message
    assert found.rung == "edge"


def test_without_a_triplet_one_of_the_embeddings_is_enough():
    def from_the_anchor(anchor, positive, negative, margin):
        return OURS["triplet_loss"](anchor, positive, negative, margin) if len(anchor) else 0 * anchor.sum()

    assert reported("triplet_loss", from_the_anchor).passed


@pytest.mark.parametrize("again", ["the first ones", "any", "one of them"])
def test_of_few_images_any_may_come_again(again):
    class Other(OURS["PKSampler"]):
        def __iter__(self):
            for batch in super().__iter__():
                parts = [batch[i : i + self.K] for i in range(0, len(batch), self.K)]
                yield [image for part in parts for image in self.filled(sorted(set(part)))]

        def filled(self, own):
            more = self.K - len(own)
            drawn = torch.randint(len(own), (more,), generator=self.rng).tolist()
            chosen = {
                "the first ones": (own * self.K)[:more],
                "any": [own[i] for i in drawn],
                "one of them": own[:1] * more,
            }
            return own + chosen[again]

    found = reported("PKSampler", Other)
    assert found.passed, report.text(found)


@pytest.mark.parametrize("seed", [1, 20, 300])
def test_whoever_throws_dice_for_images_is_told_so_whatever_comes(seed):
    class Dice(OURS["PKSampler"]):
        def __init__(self, labels, P, K, rng):
            super().__init__(labels, P, K, rng)
            rng.manual_seed(rng.initial_seed() + seed + int(torch.randint(2**40, (), generator=rng)))

        def __iter__(self):
            for _ in range(len(self)):
                batch = []
                for who in torch.randperm(len(self.people), generator=self.rng)[: self.P]:
                    lots = torch.ones(len(self.people[who]))
                    drawn = torch.multinomial(lots, self.K, replacement=True, generator=self.rng)
                    batch += self.people[who][drawn].tolist()
                yield batch

    assert reported("PKSampler", Dice).misconception == "image-twice"


def one_by_one(batches):
    for batch in batches:
        yield from batch


def person_by_person(batches):
    return ([batch[:2], batch[2:]] for batch in batches)


@pytest.mark.parametrize("form", [one_by_one, person_by_person, lambda batches: map(str, batches)])
def test_a_sampler_that_yields_no_lists_of_positions_is_told_so(form):
    class Other(OURS["PKSampler"]):
        def __iter__(self):
            return form(super().__iter__())

    assert "Expected a list of positions for each batch" in report.text(reported("PKSampler", Other))


@pytest.mark.parametrize("form", [tuple, torch.tensor, lambda batch: [torch.tensor(i) for i in batch]])
def test_batches_may_be_any_kind_of_list(form):
    class Other(OURS["PKSampler"]):
        def __iter__(self):
            return map(form, super().__iter__())

    assert reported("PKSampler", Other).passed


def test_what_a_face_case_draws_lies_inside_where_it_should():
    """The first cases ask nothing about what is outside of the image."""
    for question in run.load_public(UNIT, CHECKS["align_face"])[0]:
        if question.case.kind == "values":
            ones = torch.ones_like(question.inputs["image"])
            covered = OURS["align_face"](**question.inputs | {"image": ones})
            assert covered.min() > 0.999, question.case.name


def forgetful(check, version):
    """The same mistake by somebody who has not thought of the special case either."""
    wrong = VERSIONS[check, version]

    def loss(anchor, positive, negative, margin):
        return wrong(anchor, positive, negative, margin) if len(anchor) else anchor.sum() * torch.nan

    def mined(distances, labels, margin):
        return torch.tensor(wrong(distances, labels, margin).tolist())

    def aligned(image, landmarks, template, size):
        return wrong(image, landmarks + 1e-4 * torch.randn_like(landmarks), template, size)

    return {"triplet_loss": loss, "mine_semi_hard": mined, "align_face": aligned}[check]


@pytest.mark.parametrize(
    ("check", "version"),
    [
        ("triplet_loss", "swapped"),
        ("triplet_loss", "no-hinge"),
        ("mine_semi_hard", "self-pairs"),
        ("mine_semi_hard", "hard-too"),
        ("align_face", "turned-back"),
        ("align_face", "border"),
    ],
)
def test_a_mistake_keeps_its_name_beside_a_forgotten_special_case(check, version):
    assert reported(check, forgetful(check, version)).misconception == version


def test_no_distance_lies_on_a_bound_unless_the_case_says_so():
    for case in CHECKS["mine_semi_hard"].cases:
        for seed in range(20):
            drawn = case.make_inputs(run.generator(seed, case))
            distances, margin = drawn["distances"].double(), drawn["margin"]
            gaps = distances[:, None, :] - distances[:, :, None]  # [a, p, n]
            same = drawn["labels"][:, None] == drawn["labels"]
            valid = same[:, :, None] & ~same[:, None, :] & ~torch.eye(len(same), dtype=torch.bool)[:, :, None]
            on = ((gaps == 0) | (gaps == margin)) & valid
            assert bool(on.any()) == case.name.startswith("negatives exactly"), case.name

"""Unit 06: what a student reads and sees when an answer is wrong points at that mistake and at no other."""

import pytest
import torch
from torch import nn

from autograder import reference
from course_lib import plots
from course_lib.checks import report, run
from course_lib.checks.kit import hints
from course_lib.checks.pose import decode_heatmaps, disk_targets, flip_pose, heatmap_loss, hourglass, pck
from tests.helpers.public import Public

UNIT = "06_pose"
PUBLIC = Public(UNIT)
CHECKS, VERSIONS, reported = PUBLIC.checks, PUBLIC.versions, PUBLIC.reported
OURS = reference.load(UNIT)


@pytest.mark.parametrize(
    ("check", "version", "hint"),
    [
        ("disk_targets", "square", disk_targets.MORE),
        ("disk_targets", "diameter", disk_targets.FEWER),
        ("disk_targets", "outside-dropped", disk_targets.OUTSIDE),
        ("disk_targets", "open-disk", disk_targets.ON_CIRCLE),
        ("disk_targets", "nan-fills", disk_targets.NO_PLACE),
        ("disk_targets", "fourteen", disk_targets.FEWER),
        ("heatmap_loss", "unbalanced", heatmap_loss.ONE_MAP),
        ("heatmap_loss", "diluted", heatmap_loss.MISSING),
        ("heatmap_loss", "nan", heatmap_loss.NO_MAP),
        ("heatmap_loss", "above-half", heatmap_loss.HALF),
        ("heatmap_loss", "saturates", heatmap_loss.SURE),
        ("heatmap_loss", "without_gradient", hints.GRAPH),
        ("decode_heatmaps", "swapped", decode_heatmaps.STEPS),
        ("decode_heatmaps", "first-of-plateau", decode_heatmaps.PLATEAU),
        ("decode_heatmaps", "border-wrap", decode_heatmaps.BORDER),
        ("decode_heatmaps", "equal-left", decode_heatmaps.EQUAL),
        ("flip_pose", "upside-down", flip_pose.PICTURE),
        ("flip_pose", "plus_one", flip_pose.X_ALONE),
        ("flip_pose", "first_pair_only", flip_pose.NAMES),
        ("flip_pose", "visibility-stays", flip_pose.SHOWN),
        ("flip_pose", "in-place", hints.COPY),
        ("pck", "squared", pck.COUNT),
        ("pck", "never-is-zero", pck.NOBODY),
        ("pck", "nan-dropped", pck.NOT_FOUND),
        ("pck", "no-length", pck.NO_LENGTH),
        ("pck", "below", pck.EXACTLY),
        ("Hourglass", "Averaged", hourglass.TWO_WAYS),
        ("Hourglass", "SkipCut", hints.GRAPH),
    ],
)
def test_a_hint_fits_what_is_wrong(check, version, hint):
    values = [result for result in reported(check, version).failed if result.message.startswith(("At", "In", "Exp"))]
    assert values[0].hint == hint


def test_as_many_cells_in_other_places_are_named():
    def moved(joints, annotated, size, radius):
        return OURS["disk_targets"](joints, annotated, size, radius).flip(3)

    assert reported("disk_targets", moved).failed[0].hint == disk_targets.ELSEWHERE


@pytest.mark.parametrize(
    ("version", "words"), [("bare_zero", "`backward` fails"), ("zero_of_its_own", "No gradient arrives")]
)
def test_training_can_begin_at_the_loss_of_nobody(version, words):
    failed = reported("heatmap_loss", version).failed
    assert [result.case.name for result in failed] == ["gradients where no joint is annotated"]
    assert words in failed[0].message


READY = {
    "disk_targets": "from course_lib.explorers.skeletons import disk_maps",
    "decode_heatmaps": "from course_lib.explorers import pose as drawn",
}


@pytest.mark.parametrize("check", READY)
@pytest.mark.parametrize("used", [True, False])
def test_what_the_lecture_draws_with_is_no_answer(check, used):
    """Imported for a picture it harms nobody."""
    called = READY[check].split()[-1] if used else "own"
    source = f"{READY[check]}\ndef {check}(*inputs):\n    return {called}.middle(*inputs)"
    found = run.run(UNIT, CHECKS[check], OURS[check], [source])
    assert (found.rung == "forbidden", found.passed) == (used, not used)


def test_a_size_that_is_odd_has_a_hint_of_its_own():
    class Late(VERSIONS["Hourglass", "Averaged"].__mro__[1]):
        def forward(self, x):
            right = super().forward(x)
            return right if not any(side % 2 for side in x.shape[2:]) else right + 1

    assert reported("Hourglass", Late).failed[0].hint == hourglass.ODD


@pytest.mark.parametrize(
    ("check", "version", "words"),
    [
        ("disk_targets", "outside-dropped", "joint 0 at x = -0.50"),
        ("disk_targets", "drawn-invisible", "not annotated; radius 2.2"),
        ("heatmap_loss", "unbalanced", "positive cells"),
        ("heatmap_loss", "nan", "0 of 6 maps are annotated"),
        ("decode_heatmaps", "cells", "stride 4"),
        ("decode_heatmaps", "first-of-plateau", "more"),
        ("flip_pose", "joints-only", "channel, row and column"),
        ("flip_pose", "visibility-stays", "`annotated` at"),
        ("pck", "pixels", "each person's error of its limit"),
        ("pck", "nan-dropped", "nan of"),
        ("pck", "invisible-counted", "(not annotated)"),
        ("Hourglass", "average", "a map of 4 × 8 cells"),
    ],
)
def test_a_counterexample_says_and_draws_what_is_wrong(check, version, words):
    found = reported(check, version).counterexample
    assert words in found.text
    plots.close(found.draw())


def test_a_place_given_as_numbers_in_a_list_is_refused_as_a_wrong_type():
    def listed(heatmaps, stride):
        return OURS["decode_heatmaps"](heatmaps, stride).tolist()

    assert "Expected a tensor of shape (1, 4, 2)" in report.text(reported("decode_heatmaps", listed))


def test_layers_of_other_names_are_named():
    class Renamed(nn.Module):
        def __init__(self, depth, channels):
            super().__init__()
            self.lateral, self.before, self.after = (OURS["block"](channels) for _ in range(3))
            self.inner = OURS["block"](channels) if depth == 1 else Renamed(depth - 1, channels)

        def forward(self, x):
            return self.lateral(x)

    found = report.text(reported("Hourglass", Renamed))
    assert "missing: skip.0, skip.1" in found
    assert "not asked for: lateral.0" in found


def test_blocks_of_ones_own_are_right():
    class Own(nn.Module):
        """Blocks that call their layers by other names, registered in another order."""

        def __init__(self, depth, channels):
            super().__init__()
            self.inner = Named(channels) if depth == 1 else Own(depth - 1, channels)
            self.after, self.before, self.skip = (Named(channels) for _ in range(3))

        forward = OURS["Hourglass"].forward

    class Named(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.convolution = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
            self.norm = nn.BatchNorm2d(channels)

        def forward(self, x):
            return torch.relu(self.norm(self.convolution(x)))

    assert reported("Hourglass", Own).passed


def test_a_place_outside_of_a_map_is_drawn_in_part():
    inputs = disk_targets.beyond(2.2, most=1.5)(run.generator(3, CHECKS["disk_targets"].cases[0]))
    found = OURS["disk_targets"](**inputs)
    assert (found[0].sum(dim=(1, 2)) > 0).all()

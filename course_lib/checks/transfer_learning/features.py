"""Unit 01: what is asked of `extract_features`, `few_shot_split` and `linear_probe`."""

from course_lib.checks.compare import close, exact, judged_by
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check
from course_lib.checks.transfer_learning import explain, explain_splits, hints, probes, rules
from course_lib.checks.transfer_learning import inputs as make
from course_lib.checks.transfer_learning.networks import BLOCK, STAGE, STEM

_FEATURES = {"compare": close(1e-4, 1e-5), "probe": probes.listen, "explain": explain.features}
_TRACES = {"compare": rules.no_traces(), "probe": probes.traces}
EXTRACT = Check(
    "extract_features",
    points=5,
    cases=(
        Case("the whole of a stage", "values", make.listening(3, "#1"), **_FEATURES),
        Case(
            "a layer before an in-place ReLU",
            "values",
            make.listening(4, "#0.1"),
            hint=hints.overwritten,
            **_FEATURES,
        ),
        Case("a layer deep in a part", "values", make.listening(2, "#2.0.0", training=False), **_FEATURES),
        Case("vectors, more images than one pass takes", "values", make.listening(67, "#3.1", (4, 4)), **_FEATURES),
        Case(
            "each image alone",
            "property",
            make.listening(3, "#2", training=False, evaluating=("#1",)),
            close(1e-3, 1e-4),
            probes.one_by_one,
            explain=explain.features,
        ),
        Case("a network that takes bytes", "property", make.bytes_seen, **_FEATURES),
        Case("a model in training mode is so afterwards", "property", make.listening(3, "#1"), **_TRACES),
        Case(
            "a model in evaluation mode is so afterwards",
            "property",
            make.listening(3, "#2", training=False),
            **_TRACES,
        ),
        Case(
            "some parts in evaluation mode, some frozen",
            "property",
            make.listening(3, "#2", evaluating=("#0", "#2.0"), frozen=("#0", "#1")),
            hint=hints.modes,
            **_TRACES,
        ),
        Case(
            "each image once, and not too many together",
            "property",
            make.listening(131, "#0.3", (4, 4), (STEM, STAGE, ["linear 6 2"])),
            **_TRACES,
        ),
        Case(
            "features without a graph",
            "property",
            make.listening(2, "#1"),
            exact(),
            probes.attached,
            hint="A graph keeps every map of the network in memory.",
        ),
        Case(
            "the model raises an error",
            "edge",
            make.too_many_channels,
            hint=hints.whatever_comes,
            essential=True,
            **_TRACES,
        ),
        Case(
            "no layer of this name",
            "edge",
            make.unknown_layer,
            rules.refused("KeyError", "the names of the layers"),
            probes.unknown_layer,
            hint=hints.mistyped,
        ),
        Case("no images", "edge", make.listening(0, "#1"), close(), probes.listen),
        Case("one image", "edge", make.listening(1, "#3"), **_FEATURES),
        Case("exactly one pass", "edge", make.listening(64, "#3.1", (4, 4)), **_FEATURES),
        Case("images of 9 × 13 pixels", "edge", make.listening(2, "#0", (9, 13)), **_FEATURES),
        *styles(
            make.listening(3, "#2.1", parts=(STEM, BLOCK, STAGE, ["linear 6 3"])), close(1e-4, 1e-5), probes.listen
        ),
    ),
)

_SPLIT = {
    "compare": judged_by(rules.valid_split),
    "probe": probes.draw_splits,
    "draws": 1,
    "explain": explain_splits.split,
}
SPLIT = Check(
    "few_shot_split",
    points=4,
    cases=(
        Case("two classes of ten and twelve", "values", make.shots((10, 12), 3), **_SPLIT),
        Case(
            "four classes of unequal size",
            "values",
            make.shots((7, 14, 5, 21), 4),
            hint=hints.unequal,
            **_SPLIT,
        ),
        Case("one image of each of six classes", "values", make.shots((3, 4, 5, 6, 7, 8), 1), **_SPLIT),
        Case("a class of just enough images", "edge", make.shots((5, 9, 12), 5, seeds=60), essential=True, **_SPLIT),
        Case("one class", "edge", make.shots((15,), 6, seeds=60), **_SPLIT),
        Case(
            "no images", "edge", make.shots((), 2, seeds=3), judged_by(rules.valid_split), probes.draw_splits, draws=1
        ),
        Case(
            "a class has too few images",
            "edge",
            make.shortage,
            rules.refused("ValueError", nameless=True),
            probes.short_class,
            essential=True,
        ),
        Case(
            "the error says which class, and how many images it has",
            "edge",
            make.shortage,
            rules.refused("ValueError", "the class or its size"),
            probes.short_class,
            hint=hints.which_class,
            weight=0.5,
        ),
        Case("leaves the labels alone", "unchanged", make.shots((6, 4), 2), exact(), probes.labels_after, weight=0.5),
    ),
)

_CLASSES = {"compare": rules.classified(), "explain": explain.points}
_NEW = _CLASSES | {"probe": probes.classify}
_TRIANGLE = [[20.0, -30.0], [24.0, -29.5], [21.0, -26.0]]  # features are seldom near zero, no cloud near the mean
_SQUARE = [*_TRIANGLE, [25.5, -25.5]]
_FIVE = [[3.0 * (i == j) + 2.0 * (i + 3 == j) for j in range(8)] for i in range(5)]
PROBE = Check(
    "linear_probe",
    points=5,
    cases=(
        Case(
            "four classes in a square",
            "values",
            make.blobs(_SQUARE, (12, 9, 15, 10), (3, 4, 2, 3), numbered=(2, 0, 1, 3)),
            hint=hints.among_labels("Does a class lie between two others because its number does?"),
            **_NEW,
        ),
        Case(
            "two long classes side by side",
            "values",
            make.side_by_side(1.5, 1.9, scale=16.0),
            hint=hints.among_labels("What counts is the line between the classes, not the distance to their mean."),
            **_NEW,
        ),
        Case(
            "two long classes, close together",
            "values",
            make.side_by_side(1.0, 1.3),
            hint=hints.among_labels("How large may the weights become?"),
            **_NEW,
        ),
        Case(
            "a loud feature beside a quiet one",
            "values",
            make.loud,
            hint=hints.among_labels("How large a weight does the quiet feature need after your standardisation?"),
            **_NEW,
        ),
        Case(
            "one class is rare, all features are small",
            "values",
            make.blobs([[0.0, 0.0], [3.0, 1.0]], (90, 6), (40, 12), spread=0.25, scale=2.0**-6),
            hint=hints.among_labels("Where is the mean of all points, and on which side of it is the border?"),
            **_NEW,
        ),
        Case(
            "five classes, eight tiny features",
            "values",
            make.blobs(
                _FIVE, (9, 8, 11, 7, 10), (5, 5, 5, 5, 5), spread=0.25, scale=2.0**-14, numbered=(3, 1, 4, 0, 2)
            ),
            **_NEW,
        ),
        Case(
            "new images of one class only",
            "property",
            make.blobs(_TRIANGLE, (10, 9, 12), (0, 6, 0)),
            hint=hints.among_labels("Which mean and which standard deviation do the new images get?"),
            **_NEW,
        ),
        Case(
            "each new image alone",
            "property",
            make.blobs(_TRIANGLE, (8, 9, 10), (2, 3, 2)),
            probe=probes.classify_one_by_one,
            **_CLASSES,
        ),
        Case(
            "a feature that is the same for all",
            "edge",
            make.blobs(_TRIANGLE, (12, 9, 10), (3, 2, 4), constant=True),
            probe=probes.classify_finite,
            hint=hints.among_labels("What is the standard deviation of such a feature, and what do you divide by?"),
            essential=True,
            **_CLASSES,
        ),
        Case("one new image", "edge", make.blobs(_TRIANGLE, (9, 9, 10), (0, 0, 1)), **_NEW),
        Case("no new images", "edge", make.blobs(_TRIANGLE, (9, 9, 10), (0, 0, 0)), exact(), probes.classify),
        Case(
            "labels that are all the same",
            "edge",
            make.single_class,
            rules.refused("ValueError"),
            probes.only_class,
            hint="What can a classifier learn from a single class?",
        ),
        *styles(make.blobs(_TRIANGLE, (9, 8, 10), (2, 3, 1)), rules.classified(), probes.classify),
    ),
)

"""Unit 01: what is asked of `extract_features`, `few_shot_split` and `linear_probe`."""

from course_lib.checks.compare import close, exact, judged_by
from course_lib.checks.probes import styles
from course_lib.checks.spec import Case, Check
from course_lib.checks.transfer_learning import explain, probes, rules
from course_lib.checks.transfer_learning import inputs as make
from course_lib.checks.transfer_learning.networks import BLOCK, STAGE, STEM

_FEATURES = {"compare": close(1e-4, 1e-5), "probe": probes.listen, "explain": explain.features}
_TRACES = {"compare": rules.no_traces(), "probe": probes.traces}
EXTRACT = Check(
    "extract_features",
    points=5,
    arguments=("model", "images", "layer"),
    cases=(
        Case("the whole of a stage", "values", make.listening(3, "#1"), **_FEATURES),
        Case(
            "a layer before an in-place ReLU",
            "values",
            make.listening(4, "#0.1"),
            hint="Some of these values are negative.",
            **_FEATURES,
        ),
        Case(
            "a layer deep in a part",
            "values",
            make.listening(2, "#2.0.0", training=False),
            hint="`named_modules()` knows it by its full name.",
            **_FEATURES,
        ),
        Case(
            "vectors, more images than one pass takes",
            "values",
            make.listening(67, "#3.1", (4, 4)),
            hint="How many passes are there, and what becomes of the first one's features?",
            **_FEATURES,
        ),
        Case(
            "each image alone",
            "property",
            make.listening(3, "#2", training=False, evaluating=("#1",)),
            close(1e-3, 1e-4),
            probes.one_by_one,
            hint="Whose business are an image's neighbours in the batch?",
            explain=explain.features,
        ),
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
            hint="How many modes does a model have?",
            **_TRACES,
        ),
        Case(
            "not too many images at once",
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
            hint="What runs whether an error comes or not?",
            **_TRACES,
        ),
        Case(
            "no layer of this name",
            "edge",
            make.unknown_layer,
            rules.refused("KeyError", "the names of the layers"),
            probes.unknown_layer,
            hint="Whoever mistypes a name wants to see the right ones.",
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

_SPLIT = {"compare": judged_by(rules.valid_split), "probe": probes.draw_splits, "draws": 1, "explain": explain.split}
SPLIT = Check(
    "few_shot_split",
    points=4,
    arguments=("labels", "per_class", "rng"),
    cases=(
        Case("two classes of ten and twelve", "values", make.shots((10, 12), 3), **_SPLIT),
        Case(
            "four classes of unequal size",
            "values",
            make.shots((7, 14, 5, 21), 4),
            hint="A large class gets no more than a small one.",
            **_SPLIT,
        ),
        Case("one image of each of six classes", "values", make.shots((3, 4, 5, 6, 7, 8), 1), **_SPLIT),
        Case(
            "a class of just enough images",
            "edge",
            make.shots((5, 9, 12), 5, seeds=60),
            hint="All its images are for training then.",
            **_SPLIT,
        ),
        Case("one class", "edge", make.shots((15,), 6, seeds=60), **_SPLIT),
        Case(
            "no images", "edge", make.shots((), 2, seeds=3), judged_by(rules.valid_split), probes.draw_splits, draws=1
        ),
        Case(
            "a class has too few images",
            "edge",
            make.shortage,
            rules.refused("ValueError", "the class or its size"),
            probes.short_class,
            hint="Which class is it, and how many images has it?",
        ),
        Case("leaves the labels alone", "unchanged", make.shots((6, 4), 2), exact(), probes.labels_after, weight=0.5),
    ),
)

_CLASSES = {"compare": exact(), "probe": probes.classify, "explain": explain.points}
_TRIANGLE = [[20.0, -30.0], [24.0, -29.5], [21.5, -26.0]]  # features are seldom near zero
PROBE = Check(
    "linear_probe",
    points=5,
    arguments=("features", "labels"),
    cases=(
        Case(
            "three classes in a triangle",
            "values",
            make.blobs(_TRIANGLE, (12, 9, 15), (3, 4, 2)),
            hint="The classes' numbers are names: 7 is not between 3 and 12.",
            **_CLASSES,
        ),
        Case(
            "two long classes side by side",
            "values",
            make.side_by_side,
            hint="What counts is the line between the classes, not the distance to their middle.",
            **_CLASSES,
        ),
        Case(
            "a loud feature beside a quiet one",
            "values",
            make.loud,
            hint="How large a weight would the quiet one need?",
            **_CLASSES,
        ),
        Case(
            "one class is rare",
            "values",
            make.blobs([[0.0, 0.0], [4.5, 1.0]], (70, 8), (12, 5), spread=1.0),
            hint="Where is the mean of all points, and on which side of it is the border?",
            **_CLASSES,
        ),
        Case(
            "eight features, five classes",
            "values",
            make.blobs(
                [[3.0 * (i == j) + 2.0 * (i + 3 == j) for j in range(8)] for i in range(5)],
                (9, 8, 11, 7, 10),
                (3, 2, 4, 2, 3),
            ),
            **_CLASSES,
        ),  # fmt: skip
        Case(
            "new images of one class only",
            "property",
            make.blobs(_TRIANGLE, (10, 9, 12), (0, 6, 0)),
            hint="Their own mean says nothing about the training.",
            **_CLASSES,
        ),
        Case(
            "each new image alone",
            "property",
            make.blobs(_TRIANGLE, (8, 9, 10), (2, 3, 2)),
            exact(),
            probes.classify_one_by_one,
            explain=explain.points,
        ),
        Case(
            "a feature that is the same for all",
            "edge",
            make.blobs(_TRIANGLE, (12, 9, 10), (3, 2, 4), constant=True),
            hint="0 / 0 is not a number.",
            **_CLASSES,
        ),
        Case("one new image", "edge", make.blobs(_TRIANGLE, (9, 9, 10), (0, 0, 1)), **_CLASSES),
        Case("no new images", "edge", make.blobs(_TRIANGLE, (9, 9, 10), (0, 0, 0)), exact(), probes.classify),
        Case(
            "labels that are all the same",
            "edge",
            make.single_class,
            rules.refused("ValueError"),
            probes.only_class,
            hint="There is nothing to tell apart.",
        ),
        *styles(make.blobs(_TRIANGLE, (9, 8, 10), (2, 3, 1)), exact(), probes.classify),
    ),
)

"""Unit 01: what is asked of `swap_head`, `freeze` and `parameter_groups`."""

from course_lib.checks.compare import exact
from course_lib.checks.kit.styles import in_double, on_gpu, within
from course_lib.checks.spec import Case, Check
from course_lib.checks.transfer_learning import explain_tuning, hints, rules, tuning_rules
from course_lib.checks.transfer_learning import inputs as make
from course_lib.checks.transfer_learning import tuning_probes as probes
from course_lib.checks.transfer_learning.networks import BLOCK, HEAD, STAGE, STEM

_SWAP = {"compare": tuning_rules.head_swapped(), "probe": probes.swap, "explain": explain_tuning.head}
_PLAIN = make.beheaded(STEM, BLOCK, "linear 4 5", classes=3)
SWAP = Check(
    "swap_head",
    points=4,
    cases=(
        Case("one linear layer at the end", "values", _PLAIN, **_SWAP),
        Case(
            "two linear layers in the head",
            "values",
            make.beheaded(STEM, BLOCK, STAGE, HEAD, classes=7),
            hint=hints.last_layer,
            **_SWAP,
        ),
        Case(
            "a linear layer deep in the head",
            "values",
            make.beheaded(STEM, STAGE, ["dropout", [["linear 6 4"]]], classes=2, training=False),
            **_SWAP,
        ),
        Case(
            "as many classes as before",
            "property",
            make.beheaded(STEM, STAGE, HEAD, classes=3),
            hint=hints.as_many,
            **_SWAP,
        ),
        Case(
            "a frozen model without a bias at the end",
            "property",
            make.beheaded(STEM, BLOCK, ["linear 4 6 plain"], classes=4, frozen=("#0", "#1", "#2"), evaluating=("#1",)),
            hint=hints.learns,
            **_SWAP,
        ),
        Case("one class", "edge", make.beheaded(STEM, STAGE, HEAD, classes=1), **_SWAP),
        Case(
            "no linear layer",
            "edge",
            make.headless,
            rules.refused("ValueError"),
            probes.no_head,
        ),
        Case("float64", "edge", _PLAIN, tuning_rules.head_swapped(), within(in_double, probes.swap), weight=0.5),
        Case(
            "a model on the GPU, where there is one",
            "edge",
            _PLAIN,
            tuning_rules.head_swapped(),
            within(on_gpu, probes.swap),
            weight=0.5,
        ),
        Case(
            "leaves the model alone",
            "unchanged",
            make.beheaded(STEM, STAGE, HEAD, classes=4),
            rules.no_traces(),
            probes.model_after,
            hint="Other trainings will start from the pretrained model. How does a copy become one of its own?",
            essential=True,
        ),
    ),
)

_FREEZE = {"compare": tuning_rules.held_still(), "probe": probes.train_frozen, "explain": explain_tuning.drift}
FREEZE = Check(
    "freeze",
    points=5,
    cases=(
        Case(
            "the first part", "values", make.freezing("#0", STEM, STAGE, "linear 6 3"), hint=hints.statistics, **_FREEZE
        ),
        Case("up to the second part", "values", make.freezing("#1", STEM, BLOCK, STAGE, HEAD), **_FREEZE),
        Case(
            "up to a layer within a part",
            "values",
            make.freezing("#1.0.0", STEM, STAGE, HEAD),
            hint=hints.goes_on,
            **_FREEZE,
        ),
        Case(
            "up to a batch norm",
            "values",
            make.freezing("#0.1", STEM, BLOCK, "linear 4 3", training=False),
            hint=hints.statistics,
            **_FREEZE,
        ),
        Case(
            "a model that is in training mode already",
            "property",
            make.freezing("#0", STEM, BLOCK, STAGE, "linear 6 4"),
            tuning_rules.held_still(),
            probes.train_as_left,
            explain=explain_tuning.drift,
        ),
        Case(
            "what was frozen after it stays frozen",
            "property",
            make.freezing("#0", STEM, STAGE, HEAD, frozen=("#1.1", "#2.1")),
            **_FREEZE,
        ),
        Case(
            "up to a linear layer with batch norm behind and before it",
            "property",
            make.freezing("#2.2", STEM, BLOCK, ["linear 4 6", "norm1d 6", "linear 6 5", "norm1d 5", "linear 5 2"]),
            hint=hints.dimensions,
            **_FREEZE,
        ),
        Case("the first layer alone", "edge", make.freezing("#0.0", STEM, STAGE, HEAD), **_FREEZE),
        Case("everything", "edge", make.freezing("#2", STEM, STAGE, HEAD[1:]), **_FREEZE),
        Case("names that begin alike", "edge", make.alike, hint=hints.begins_alike, **_FREEZE),
        Case(
            "no layer of this name",
            "edge",
            make.freezing_unknown,
            rules.refused("KeyError", "the names of the layers"),
            probes.unknown_upto,
            hint=hints.mistyped,
        ),
        Case(
            "float64",
            "edge",
            make.freezing("#1", STEM, BLOCK, STAGE, HEAD),
            tuning_rules.held_still(),
            within(in_double, probes.train_frozen),
            weight=0.5,
        ),  # fmt: skip
        Case(
            "a model on the GPU, where there is one",
            "edge",
            make.freezing("#0", STEM, STAGE, "linear 6 3"),
            tuning_rules.held_still(),
            within(on_gpu, probes.train_frozen),
            weight=0.5,
        ),  # fmt: skip
    ),
)

_GROUPS = {"compare": tuning_rules.grouped(), "probe": probes.group, "explain": explain_tuning.rates}
GROUPS = Check(
    "parameter_groups",
    points=4,
    cases=(
        Case(
            "two parts",
            "values",
            make.rates(["conv 3 4"], "linear 4 2"),
            hint=hints.whose_rate,
            **_GROUPS,
        ),
        Case(
            "four parts with batch norm",
            "values",
            make.rates(STEM, BLOCK, STAGE, HEAD),
            hint=hints.children,
            **_GROUPS,
        ),
        Case(
            "the first part is frozen",
            "values",
            make.rates(STEM, BLOCK, STAGE, HEAD, frozen=("#0",)),
            hint=hints.nothing_to_learn,
            **_GROUPS,
        ),
        Case(
            "a part without parameters",
            "property",
            make.rates(STEM, "pool", STAGE, HEAD),
            hint=hints.not_counted,
            **_GROUPS,
        ),
        Case(
            "a part is frozen in part",
            "property",
            make.rates(STEM, STAGE, HEAD, frozen=("#0", "#1.0.0", "#2.1")),
            **_GROUPS,
        ),
        Case("one part learns", "edge", make.rates(STEM, STAGE, "linear 6 2", frozen=("#0", "#1")), **_GROUPS),
        Case("all layers at one rate", "edge", make.rates(STEM, STAGE, HEAD, decay=1.0), **_GROUPS),
        Case("nothing learns", "edge", make.rates(STEM, "linear 4 2", frozen=("#0", "#1")), **_GROUPS),
        Case(
            "leaves the model alone",
            "unchanged",
            make.rates(STEM, STAGE, HEAD, frozen=("#1",)),
            exact(),
            probes.model_after_grouping,
            weight=0.5,
        ),
    ),
)

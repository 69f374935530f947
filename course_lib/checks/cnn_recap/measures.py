"""Unit 00: what is asked of `count_cost`, `receptive_field` and `shift_sensitivity`."""

from course_lib.checks.cnn_recap import explain, hints, probes, rules
from course_lib.checks.cnn_recap import inputs as make
from course_lib.checks.compare import close, exact, judged_by
from course_lib.checks.kit.hints import COPY
from course_lib.checks.kit.styles import inputs_after, styles
from course_lib.checks.spec import Case, Check

LENT = "Whoever lent you the network goes on working with it."
FROZEN = "Some of its modules train while others do not. What does `model.train()` do to all of them?"

_COST = {"compare": rules.costs(), "probe": probes.cost, "explain": explain.counted, "hint": hints.counted}
_UNTOUCHED = {"compare": judged_by(rules.untouched), "weight": 0.5}
COST = Check(
    "count_cost",
    points=5,
    forbids=("torch.utils.flop_counter", "torchinfo", "fvcore", "thop", "ptflops"),
    cases=(
        Case("one convolution", "values", make.one_convolution, **_COST),
        Case("convolution, ReLU, pooling, linear layer", "values", make.small_classifier, **_COST),
        Case("blocks with batch norm", "values", make.nested, **_COST),
        Case("groups, stride, dilation", "values", make.towers, **_COST),
        Case("called twice", "property", make.small_classifier, **{**_COST, "probe": probes.cost_twice}),
        Case("a layer that is called twice", "edge", make.called_twice, essential=True, **_COST),
        Case("two layers that share their weight", "edge", make.shared, essential=True, **_COST),
        Case("a parameter of the network's own, one filter", "edge", make.own_parameter, **_COST),
        Case("a linear layer for each row", "edge", make.each_row, essential=True, **_COST),
        Case("nothing to count but parameters", "edge", make.nothing_counted, **_COST),
        Case("a batch norm over one pixel", "edge", make.one_pixel, essential=True, **_COST),
        Case(
            "on the meta device",
            "edge",
            make.one_convolution,  # for any other layer PyTorch takes a second to get ready there
            **{**_COST, "probe": probes.cost_of_meta},
        ),
        Case(
            "on the GPU, where there is one",
            "edge",
            make.small_classifier,
            rules.costs(),
            probes.cost_on_gpu,
            weight=0.5,
        ),
        Case(
            "leaves the network alone",
            "unchanged",
            make.nested,
            probe=probes.model_after_cost(),
            hint=LENT,
            **_UNTOUCHED,
        ),
        Case(
            "leaves a network in evaluation mode there",
            "unchanged",
            make.nested,
            probe=probes.model_after_cost(training=False),
            hint=LENT,
            **_UNTOUCHED,
        ),
        Case(
            "leaves a partly frozen network alone",
            "unchanged",
            make.nested,
            probe=probes.model_after_cost(frozen=True),
            hint=FROZEN,
            **_UNTOUCHED,
        ),
    ),
)

_FIELD = {"compare": rules.spans(), "explain": explain.field, "hint": hints.field}
FIELD = Check(
    "receptive_field",
    points=3,
    forbids=("course_lib.explorers",),
    cases=(
        Case("3×3 layers of stride 1", "values", make.same_size, public=make.these_layers(*[(3, 1)] * 3), **_FIELD),
        Case("a stride of 2 before the last layer", "values", make.layers((3, 2), (2, 1)), **_FIELD),
        Case("strides of 2, 2 and 3", "values", make.layers((3, 3, 3, 3), (2, 2, 3, 1)), **_FIELD),
        Case("four layers whose order matters", "values", make.four_layers, **_FIELD),
        Case(
            "1×1 layers in between",
            "property",
            make.four_layers,
            rules.spans(),
            probes.with_pointwise,
            hint=hints.field,
        ),
        Case("no layers", "edge", make.these_layers(), **_FIELD),
        Case("one layer", "edge", make.layers((4,), (3,)), **_FIELD),
        Case(
            "a stride larger than the kernel",
            "edge",
            make.layers((1, 1, 2), (4, 6, 5), more=2),
            essential=True,
            **_FIELD,
        ),
        Case("a tuple instead of a list", "edge", make.four_layers, rules.spans(), probes.as_tuple, weight=0.5),
        Case(
            "leaves its input alone",
            "unchanged",
            make.four_layers,
            exact(),
            inputs_after,
            hint=COPY,
            weight=0.5,
        ),
    ),
)

_NEAR = close(1e-3, 1e-4)
_SHIFT = {"compare": _NEAR, "probe": probes.sensitivity, "explain": explain.moved, "hint": hints.moved}
SHIFT = Check(
    "shift_sensitivity",
    points=4,
    cases=(
        Case(
            "one step to the right",
            "values",
            make.moving(1),
            _NEAR,
            probes.sensitivity,
        ),
        Case("one to three steps", "values", make.moving(1, 2, 3), **_SHIFT),
        Case("to the left and to the right", "values", make.moving(-3, 1, 2, -1, channels=3, size=(6, 9)), **_SHIFT),
        Case("a network that puts out maps", "values", make.moving(1, 4, head=False), **_SHIFT),
        Case("pixels as they are, in stripes", "values", make.stripes, **_SHIFT),
        Case(
            "once round and further",
            "property",
            make.moving(1, 2, 6),
            _NEAR,
            probes.further_round,
            hint=hints.moved,
            explain=explain.moved,
        ),
        Case(
            "outputs seven times as large",
            "property",
            make.moving(1, 3),
            _NEAR,
            probes.louder,
            hint=hints.moved,
            explain=explain.moved,
        ),
        Case("not moved at all", "edge", make.moving(0, 1), **_SHIFT),
        Case("a network that moves along", "edge", make.moving(1, 2, 5, strided=False), **_SHIFT),
        Case("an image of one column", "edge", make.moving(1, 2, size=(6, 1)), **_SHIFT),
        *styles(make.moving(1, -2), _NEAR, probes.sensitivity),
        Case(
            "leaves the network alone",
            "unchanged",
            make.moving(1, 2),
            probe=probes.model_after_shifts(),
            hint=LENT,
            **_UNTOUCHED,
        ),
        Case(
            "leaves a network in evaluation mode there",
            "unchanged",
            make.moving(1, 2),
            probe=probes.model_after_shifts(training=False),
            hint=LENT,
            **_UNTOUCHED,
        ),
        Case(
            "leaves a partly frozen network alone",
            "unchanged",
            make.moving(1, 2),
            probe=probes.model_after_shifts(frozen=True),
            hint=FROZEN,
            **_UNTOUCHED,
        ),
    ),
)

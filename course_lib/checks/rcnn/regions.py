"""Unit 02: what is asked of `box_iou`, `nms` and `warp_region`."""

from course_lib.checks.compare import close, close_on_average, exact, ranked
from course_lib.checks.probes import both_ways, styles
from course_lib.checks.rcnn import explain, probes
from course_lib.checks.rcnn import inputs as make
from course_lib.checks.spec import Case, Check

_IOU = {"compare": close(1e-4, 1e-5), "explain": explain.iou}
BOX_IOU = Check(
    "box_iou",
    points=3,
    arguments=("boxes1", "boxes2"),
    forbids=("torchvision.ops.box_iou", "torchvision.ops.boxes.box_iou", "torchmetrics.functional.detection"),
    cases=(
        Case("one box against itself", "values", make.iou_same, hint="Identical boxes share everything.", **_IOU),
        Case("three boxes against five", "values", make.iou_pairs(3, 5), **_IOU),
        Case("as many boxes on both sides", "values", make.iou_pairs(4, 4), **_IOU),
        Case(
            "small boxes inside a large one",
            "values",
            make.iou_nested,
            hint="Draw it: which area stands below the fraction bar?",
            **_IOU,
        ),
        Case("boxes apart in both directions", "values", make.iou_apart, hint="Can a width be negative?", **_IOU),
        Case("a with b, then b with a", "property", make.iou_pairs(4, 4), close(1e-4, 1e-5), both_ways),
        Case("boxes that only touch, and one without area", "edge", make.iou_touching, **_IOU),
        Case("no box on the first side", "edge", make.iou_pairs(0, 3), close()),
        Case("no box on the second side", "edge", make.iou_pairs(2, 0), close()),
        *styles(make.iou_pairs(3, 2), close(1e-4, 1e-5)),
    ),
)

_NMS = {"compare": ranked("scores"), "explain": explain.kept_boxes}
NMS = Check(
    "nms",
    points=4,
    arguments=("boxes", "scores", "threshold"),
    forbids=("torchvision.ops.nms", "torchvision.ops.batched_nms", "torchvision.ops.boxes.nms", "cv2.dnn.NMSBoxes"),
    cases=(
        Case("two boxes on one object", "values", make.nms_pair, hint="Which of the two may stay?", **_NMS),
        Case(
            "a chain: A covers B, B covers C",
            "values",
            make.nms_chain,
            hint="When B is gone, can it still remove others?",
            **_NMS,
        ),
        Case("a small box inside a large one", "values", make.nms_nested, **_NMS),
        Case("nine boxes", "values", make.nms_clusters(9, 0.4, 15), **_NMS),
        Case("nine boxes, a high threshold", "values", make.nms_clusters(9, 0.6, 6), **_NMS),
        Case("sixteen boxes, a low threshold", "values", make.nms_clusters(16, 0.2, 22), **_NMS),
        Case(
            "what is kept stays when suppressed again",
            "property",
            make.nms_clusters(9, 0.3, 18),
            exact(),
            probes.suppress_twice,
        ),
        Case(
            "an overlap of exactly the threshold",
            "edge",
            make.nms_at_threshold,
            hint="Is a box removed at the threshold, or only above it?",
            **_NMS,
        ),
        Case("equal scores far apart", "edge", make.nms_ties, **_NMS),
        Case("a single box", "edge", make.nms_some(1), **_NMS),
        Case("no box", "edge", make.nms_some(0), hint="Still a tensor of whole numbers, of length 0.", **_NMS),
        *styles(make.nms_clusters(5, 0.4, 15), ranked("scores")),
    ),
)

_WARP = {"compare": close_on_average(0.02), "explain": explain.patch}
WARP = Check(
    "warp_region",
    points=4,
    arguments=("image", "box", "size", "context"),
    forbids=("torchvision.ops.roi_align", "torchvision.ops.roi_pool"),
    cases=(
        Case(
            "a small box",
            "values",
            make.warp(40, 30, 12, 12),
            hint="How wide is the context in the photograph?",
            **_WARP,
        ),
        Case("a large box", "values", make.warp(26, 18, 40, 32), hint="Is the context counted after warping?", **_WARP),
        Case(
            "an elongated box",
            "values",
            make.warp(26, 30, 44, 10),
            hint="It is stretched, whatever its shape.",
            **_WARP,
        ),
        Case(
            "a box at the upper left border",
            "values",
            make.warp(0, 1, 28, 20),
            hint="What does the network see where there is no image?",
            **_WARP,
        ),
        Case("a box beyond the lower right border", "values", make.warp(74, 52, 36, 28), **_WARP),
        Case(
            "a brighter image gives a brighter patch",
            "property",
            make.warp(2, 40, 20, 36),
            close_on_average(0.02),
            probes.brighter,
        ),
        Case("no context", "edge", make.warp(30, 20, 24, 30, context=0), **_WARP),
        Case("one channel, another size", "edge", make.warp(30, 20, 24, 30, context=5, size=20, channels=1), **_WARP),
        *styles(make.warp(40, 30, 12, 20), close_on_average(0.02)),
    ),
)

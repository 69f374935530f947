"""The runs' results as figures: values over seeds, means, differences, each with its target."""

import statistics
from typing import Any

from course_lib.figures import Figure, figure
from tools.real.plan import plan

Kept = dict[str, Any]
"""Of one run: "result" (a number, or a list of them, for each name), "seconds" of a CPU, "day", "torch"."""
Results = dict[str, Kept]

SETS = ("hymenoptera", "cifar10")
DETECTORS = {"04_faster_rcnn": "Faster R-CNN", "03_fast_rcnn": "Fast R-CNN", "02_rcnn": "R-CNN"}
AHEAD = 10  # points of accuracy: fixed features at 6 images per class before scratch at 30; said before measuring
GAIN = 3  # points of mAP that pretraining should gain at least; said before anything was measured
TARGETS = {"04_faster_rcnn": 70, "03_fast_rcnn": 68}  # of mAP on BCCD in %, below what a part of train gave: 77, 75
# of mean IoU on CamVid: what lite0 reaches, in %, and its points ahead of the prior and of random weights; said before
STREETS = {"reached": 40, "prior": 15, "scratch": 5}  # anything was measured
# on ORL, in %: accuracy of lite0 tuned by triplets, and its points ahead of the same network as it is and of
# eigenfaces; said before anything was measured
FACES = {"tuned": 90, "fixed": 3, "eigenfaces": 5}
BASELINE = "90.2 %, YOLOv5s at 640 pixels on a split of its own (keremberke/yolov5s-blood-cell, Hugging Face)"


def of(results: Results, unit: str, data: str, backbone: str = "") -> list[Kept]:
    """What the runs of a unit on a data set have kept, in the order of their seeds."""
    runs = [run for run in plan() if (run.unit, run.data, run.backbone) == (unit, data, backbone)]
    return [results[run.name] for run in runs if run.name in results]


def values(kept: list[Kept], name: str) -> list[float]:
    """A quantity of all seeds and draws, one after the other."""
    found = [one["result"][name] for one in kept if name in one["result"]]
    return [number for one in found for number in (one if isinstance(one, list) else [one])]


def pretraining(results: Results, unit: str) -> list[float]:
    """By how many points of mAP ImageNet's weights are ahead of random ones, for each seed that has both."""
    known, random = ({run.seed: run.name for run in plan() if _is(run, unit, one)} for one in ("frozen", "random"))
    pairs = [(known[seed], random[seed]) for seed in known]
    return [_map(results, one) - _map(results, other) for one, other in pairs if {one, other} <= results.keys()]


def told(numbers: list[float]) -> str:
    """Mean and standard deviation; a dash for no numbers."""
    if not numbers:
        return "–"
    spread = f" ± {statistics.stdev(numbers):.1f}" if len(numbers) > 1 else ""
    return f"{statistics.fmean(numbers):.1f}{spread}"


def figures(results: Results) -> dict[str, list[Figure]]:
    """What was measured, by unit, as rows of docs/figures.md."""
    rows: dict[str, list[Figure]] = {"full · 01_transfer_learning": []}
    for data in SETS:
        rows["full · 01_transfer_learning"] += _few_shot(data, of(results, "01_transfer_learning", data))
    for unit, name in DETECTORS.items():
        cells = values(of(results, unit, "BCCD"), "mAP")
        shown = [_figure(f"BCCD: {name}'s mAP at IoU 0.5", cells, TARGETS.get(unit), "%", BASELINE)]
        gain = f"VOC sample, frozen backbone: ImageNet's weights gain {name} mAP at IoU 0.5"
        shown.append(_figure(gain, pretraining(results, unit), GAIN, "points"))
        rows[f"full · {unit}"] = [one for one in shown if one.value is not None]
    return rows | {"full · 05_fcn": _streets(results), "full · 07_faces": _faces(results)}


def ious(kept: list[Kept], name: str = "your FCN-8s") -> list[float]:
    """Mean IoU in % over all pixels, of each seed."""
    return [one["result"][name][0] for one in kept]


def _streets(results: Results) -> list[Figure]:
    """CamVid: FCN-8s on `lite0`, and how far it is ahead."""
    known, random = ({run["seed"]: run for run in _seeded(results, one)} for one in ("", "scratch"))
    reached, usual = ious(list(known.values())), ious(list(known.values()), "prior")
    gains = [ious([known[seed]])[0] - ious([random[seed]])[0] for seed in known if seed in random]
    ahead = [one - other for one, other in zip(reached, usual, strict=True)]
    shown = [
        _figure("CamVid: FCN-8s' mean IoU", reached, STREETS["reached"], "%"),
        _figure("CamVid: FCN-8s less the most frequent class of each place", ahead, STREETS["prior"], "points"),
        _figure("CamVid: ImageNet's weights gain FCN-8s mean IoU", gains, STREETS["scratch"], "points"),
    ]
    return [one for one in shown if one.value is not None]


def face_numbers(kept: list[Kept], way: str, place: int = 0) -> list[float]:
    """Of each seed: accuracy (0), its standard error (1), TAR at FAR 1 % (2) or rank one (3), in %."""
    return [one["result"][way][place] for one in kept]


def _faces(results: Results) -> list[Figure]:
    """ORL: verification with `lite0` tuned by triplets, and how far it is ahead."""
    kept = of(results, "07_faces", "ORL")
    tuned = face_numbers(kept, "tuned")
    shown = [_figure("ORL, new persons: accuracy of lite0 tuned by triplets", tuned, FACES["tuned"], "%")]
    for way, name in {"fixed": "lite0 as it is", "eigenfaces": "eigenfaces", "pixels": "pixels"}.items():
        ahead = [one - other for one, other in zip(tuned, face_numbers(kept, way), strict=True)]
        shown.append(_figure(f"ORL: tuned by triplets less {name}, accuracy", ahead, FACES.get(way), "points"))
    return [one for one in shown if one.value is not None]


def _seeded(results: Results, backbone: str) -> list[Kept]:
    """The runs on CamVid that there are, each with its seed."""
    runs = [run for run in plan() if (run.data, run.backbone) == ("CamVid", backbone)]
    return [results[run.name] | {"seed": run.seed} for run in runs if run.name in results]


def _few_shot(data: str, kept: list[Kept]) -> list[Figure]:
    """Of one data set; no figure where nothing was measured."""

    def at(name: str, size: int) -> list[float]:
        return values(kept, f"{name}, {size}")

    def less(ones: list[float], others: list[float]) -> list[float]:
        return [one - other for one, other in zip(ones, others, strict=True)]

    sooner = less(at("fixed features", 6), at("scratch", 30))
    tuned = less(at("fine-tuned", 30), at("fixed features", 30))
    shown = [
        _figure(f"{data}: fixed features at 6 images per class less scratch at 30", sooner, AHEAD, "points"),
        _figure(f"{data}: fine-tuned less fixed features, 30 images per class each", tuned, None, "points"),
        _figure(f"{data}: fixed features, 30 images per class", at("fixed features", 30), None, "%"),
    ]
    return [one for one in shown if one.value is not None]


def _figure(name: str, numbers: list[float], target: float | None, unit: str, paper: str = "") -> Figure:
    value = numbers if len(numbers) > 1 else next(iter(numbers), None)
    return figure(name, value, target=target, unit=unit, paper=paper)


def _is(run, unit: str, backbone: str) -> bool:
    return (run.unit, run.data, run.backbone) == (unit, "VOC", backbone)


def _map(results: Results, name: str) -> float:
    return results[name]["result"]["mAP"]

"""R-CNN on Tinytown over three seeds: what fine-tuning, box regression and hard negatives each bring."""

from typing import Any

from autograder import reference
from course_lib.data import detection
from course_lib.data.proposals import proposals
from course_lib.metrics import false_positives_per_image, mean_average_precision, recall

RECIPE = (
    "R-CNN as in the exercise of unit 02, on the same 200 training scenes of 128 × 128 pixels; a seed changes the "
    "random weights of fc7, the batches and the first negatives. Settings and targets were chosen on 200 scenes of "
    "val; measured there, on the 100 test scenes, and on 50 of the training scenes."
)
SEEDS = (0, 1, 2)
SPLITS = {"train": (50, 0), "val": (200, 0), "test": (100, 5000)}  # how many scenes, and the number of the first
IOUS = (0.5, 0.6, 0.7, 0.8)  # from which IoU on a detection is right
RECALL = 0.4  # of all objects, where false alarms are counted
POOL5, FC7 = 0, 1


def run(seed: int) -> dict[str, Any]:
    """Train with this seed, and measure on both splits."""
    rcnn = reference.load("02_rcnn")
    scenes = detection("train", rcnn["SCENES"])
    learned = rcnn["train"](scenes, seed=seed)
    tuned, untuned = rcnn["trained_network"](learned), rcnn["Network"]()
    data = [rcnn["windows"](scene) for scene in scenes]
    before = pool5_svms(rcnn, untuned, data, seed)
    after = pool5_svms(rcnn, tuned, data, seed)
    measured = {}
    for split, (count, start) in SPLITS.items():
        test = Split(rcnn, split, count, start)
        seen = test.features(untuned)
        measured[f"{split}: mAP of SVMs on pool5, before fine-tuning"] = test.map_of(test.found(before, seen, POOL5))
        seen = test.features(tuned)
        measured[f"{split}: mAP of SVMs on pool5, after fine-tuning"] = test.map_of(test.found(after, seen, POOL5))
        if split != "train":
            measured |= {f"{split}: {name}": value for name, value in whole(test, learned, seen).items()}
    return measured


def pool5_svms(rcnn: dict[str, Any], network, data: list, seed: int) -> dict:
    """One mined SVM per class on the pool5 maps of the training windows."""
    maps = [rcnn["features"](network, w.image, w.boxes)[POOL5] for w in data]
    return rcnn["train_svms"](data, maps, sets=1, seed=seed)


def whole(test: "Split", learned: dict, seen: list) -> dict[str, Any]:
    """At each IoU mAP and the share of objects that some detection fits, without and with box regression; false alarms
    of the mined SVMs, and the mean of the three random sets.
    """
    values = {}
    for name, regress in (("without box regression", False), ("with box regression", True)):
        found = test.found(learned, seen, regress=regress)
        values[f"mAP {name}"] = [test.map_of(found, iou) for iou in IOUS]
        values[f"objects fitted {name}"] = [recall([f["boxes"] for f in found], test.targets, iou) for iou in IOUS]
    alarms = [test.alarms(learned, seen, svm) for svm in range(4)]
    return values | {"false alarms, mined": alarms[0], "false alarms, random": sum(alarms[1:]) / 3}


class Split:
    """Images to measure on, with their proposals."""

    def __init__(self, rcnn: dict[str, Any], split: str, count: int, start: int):
        self.rcnn, self.scenes = rcnn, list(detection(split, count, start=start))
        self.boxes = [proposals(scene.image, seed=0) for scene in self.scenes]
        self.targets = [{"boxes": scene.boxes, "labels": scene.labels} for scene in self.scenes]

    def features(self, network) -> list[tuple]:
        """The pool5 and the fc7 vectors of each image's proposals."""
        pairs = zip(self.scenes, self.boxes, strict=True)
        return [self.rcnn["features"](network, scene.image, boxes) for scene, boxes in pairs]

    def found(self, learned: dict, seen: list, vectors: int = FC7, regress: bool = False, **options) -> list[dict]:
        """Detections, from SVMs on pool5 or on fc7."""
        triples = zip(self.scenes, self.boxes, seen, strict=True)
        return [
            self.rcnn["detect"](learned, boxes, f[POOL5], f[vectors], scene.image.shape[1:], regress=regress, **options)
            for scene, boxes, f in triples
        ]

    def map_of(self, found: list[dict], iou: float = 0.5) -> float:
        """Mean average precision in percent."""
        return 100 * mean_average_precision(found, self.targets, self.rcnn["CLASSES"], iou).map

    def alarms(self, learned: dict, seen: list, svm: int) -> float:
        """False alarms per image where 40 % of all objects are found."""
        found = self.found(learned, seen, regress=True, svm=svm, threshold=-2.5)
        return false_positives_per_image(found, self.targets, self.rcnn["CLASSES"], RECALL)

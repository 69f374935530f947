"""The same notebooks on real samples: photographs and digits, and published values of average precision."""

import re
import shutil
from types import SimpleNamespace

import pytest
import torch

from course_lib.data.text8 import TEXT8
from tests.helpers.tiers import sampled
from tools import ROOT
from tools.build.cells import read_source
from tools.build.notebooks import build_exercise, unit_sources
from tools.figures.run_notebooks import run_notebook

BOX_COLUMNS = 4


def published_cases():
    """(method, IoU threshold, value) as SOURCES.md states them for boxes that count pixels inclusively."""
    eleven = zip((0.1, 0.3, 0.5, 0.75), (0.3333, 0.2684, 0.0303, 0.0), strict=True)
    area = zip((0.1, 0.3, 0.5, 0.75), (0.3372, 0.2457, 0.0222, 0.0), strict=True)
    return [("11-point", *case) for case in eleven] + [("area", *case) for case in area]


@pytest.fixture(scope="module")
def student():
    """What a student's notebook of unit 02 defines up to `average_precision`: given and solution cells, run."""
    names = {}
    for cell in read_source(ROOT / "solutions" / "02_rcnn" / "02_rcnn.py").cells:
        if cell.metadata.get("tags") in (["given"], ["solution"]) and "average_precision" not in names:
            exec(cell.source, names)
    return SimpleNamespace(average_precision=names["average_precision"])


def read_boxes(folder):
    """{image: [(score or None, box xyxy with inclusive pixels)]} of a folder of "object [score] x y w h" lines."""
    boxes = {}
    for path in sorted(folder.glob("*.txt")):
        numbers = [[float(number) for number in line.split()[1:]] for line in path.read_text().splitlines() if line]
        boxes[path.stem] = [
            (row[0] if len(row) > BOX_COLUMNS else None, (row[-4], row[-3], row[-4] + row[-2], row[-3] + row[-1]))
            for row in numbers
        ]
    return boxes


def inclusive_iou(a, b):
    """IoU of two boxes whose last pixel counts: width x2 - x1 + 1."""
    width = min(a[2], b[2]) - max(a[0], b[0]) + 1
    height = min(a[3], b[3]) - max(a[1], b[1]) + 1
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def match(detections, objects, threshold):
    """Scores and hits of all detections: by falling score, the best object of the image, once each.

    The reference leaves equal scores in the order of its files; a millionth for each place says so to any sort.
    """
    found = [(score, image, box) for image in detections for score, box in detections[image]]
    ranked = sorted(found, key=lambda detection: -detection[0])
    taken, hits = set(), []
    for _, image, box in ranked:
        overlaps = [inclusive_iou(box, other) for _, other in objects[image]]
        best = max(range(len(overlaps)), key=overlaps.__getitem__)
        hits.append(overlaps[best] >= threshold and (image, best) not in taken)
        taken.update([(image, best)] if hits[-1] else [])
    scores = [score - 1e-6 * place for place, (score, *_) in enumerate(ranked)]
    return torch.tensor(scores), torch.tensor(hits)


@pytest.mark.parametrize(("method", "threshold", "published"), published_cases())
def test_average_precision_gives_the_published_numbers(test_data, student, method, threshold, published):
    folder = test_data / "ap_reference" / "test_case_1"
    objects, detections = read_boxes(folder / "gts"), read_boxes(folder / "dets")
    scores, matched = match(detections, objects, threshold)
    total = sum(len(boxes) for boxes in objects.values())
    assert student.average_precision(scores, matched, total, method) == pytest.approx(published, abs=5e-5)


DETECTION = {"VOC": {"COURSE_VOC_YEAR": "2012"}, "blood cells": {"COURSE_DETECTION": "BCCD"}}
CLASSIFICATION = {
    "photographs": {"COURSE_CLASSIFICATION": "hymenoptera_data/train"},
    "tiny photographs": {"COURSE_CLASSIFICATION": "cifar10_jpg/train", "COURSE_LIMIT": "40"},
}
SEGMENTATION = {"streets": {"COURSE_SEGMENTATION": "CamVid"}}
UNITS = {  # all others detect
    "00_cnn_recap": {"digits": {}},
    "01_transfer_learning": CLASSIFICATION,
    "05_fcn": SEGMENTATION,
    "06_pose": {"persons": {}},
    "07_faces": {"faces": {"COURSE_LIMIT": "250"}},  # ORL's 25 people
    "08_embeddings": {"books": {"COURSE_LIMIT": "1"}},  # ten steps; for text8; the faces are the course's own
    "09_services": {"tiny photographs": CLASSIFICATION["tiny photographs"]},
}
METRIC = {"05_fcn": "mean IoU", "06_pose": "PCK", "07_faces": "TAR", "08_embeddings": r"family +\d+%  capital"}
LITE0 = ("03_fast_rcnn", "blood cells")  # with the other backbone that needs no download; `make real` runs all so
SETS = [
    pytest.param(path.stem, name, id=f"{path.stem}-{name}", marks=sampled(path.stem))
    for path in unit_sources()
    if path.parent.name != "lectures"
    for name in UNITS.get(path.stem, DETECTION)
]


def coco_in(folder, test_data):
    """The sample of COCO as its own training and validation images lie."""
    sample = test_data / "pose_samples" / "coco"
    if not sample.is_dir():
        pytest.skip(f"no real samples: {sample} is not there")
    (folder / "annotations").mkdir()
    for part in ("train2017", "val2017"):
        (folder / part).symlink_to(sample)
        shutil.copy(sample / "test_coco.json", folder / "annotations" / f"person_keypoints_{part}.json")
    return folder


def books_in(folder, test_data):
    """Thirteen books in text8's form, and Google's questions."""
    sample = test_data / "words"
    if not sample.is_dir():
        pytest.skip(f"no real samples: {sample} is not there")
    texts = [path.read_text(encoding="latin-1").lower() for path in sorted((sample / "gutenberg").glob("*.txt"))]
    (folder / TEXT8.parent).mkdir()
    (folder / TEXT8).write_text(" ".join(re.findall("[a-z]+", " ".join(texts))), encoding="ascii")
    (folder / TEXT8.parent / "questions-words").symlink_to(sample / "questions-words")
    return folder


LAID_OUT = {"06_pose": coco_in, "08_embeddings": books_in}  # samples in the layout that the unit reads


@pytest.mark.notebook
@pytest.mark.parametrize(("unit", "name"), SETS)
def test_the_experiment_runs_unchanged_on_real_images(test_data, unit, name, tmp_path):
    variables = {
        "COURSE_PROFILE": "full",
        "COURSE_BACKBONE": "lite0" if (unit, name) == LITE0 else "small",
        "COURSE_LIMIT": "6",
        "COURSE_DATA": str(LAID_OUT[unit](tmp_path, test_data) if unit in LAID_OUT else test_data),
        "COURSE_CACHE": str(tmp_path / "cache"),
        "COURSE_DEVICE": "cpu",
        "COURSE_THREADS": "1",
    } | UNITS.get(unit, DETECTION)[name]
    solution, _ = build_exercise(ROOT / "solutions" / unit / f"{unit}.py")
    run = run_notebook(solution, tmp_path, variables)
    assert run.failure is None, str(run.failure)
    shown = [output for cell in run.notebook.cells for output in cell.get("outputs", [])]
    text = "\n".join(output.get("text", "") for output in shown)
    metric = METRIC.get(unit, "accuracy" if unit in UNITS else "AP")
    assert re.search(rf"\b{metric}\b", text), "the metric is printed"
    assert any("image/png" in str(output.get("data", {})) for output in shown), "results are drawn"

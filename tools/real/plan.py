"""Which runs there are: a unit's notebook on a data set, with one seed and one kind of backbone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BACKBONES = {
    "": "",  # as the notebook trains it
    "frozen": "from tools.real.frozen import give; give(pretrained=True)",
    "random": "from tools.real.frozen import give; give(pretrained=False)",
    "scratch": "from tools.real.scratch import begin; begin()",  # random weights that learn
}
CLASSIFY, DETECT, SEGMENT = "COURSE_CLASSIFICATION", "COURSE_DETECTION", "COURSE_SEGMENTATION"
DATA = {
    "hymenoptera": {CLASSIFY: "hymenoptera_data/train"},
    "cifar10": {CLASSIFY: "cifar10_jpg/train"},
    "BCCD": {DETECT: "BCCD"},
    "VOC": {"COURSE_VOC_YEAR": "2012"},
    "CamVid": {SEGMENT: "CamVid"},
    "ORL": {},
    "BCCD-part": {DETECT: "BCCD-part"},  # a part of BCCD's train: what settings and targets are chosen on
}


@dataclass(frozen=True)
class Run:
    """One run of a unit's solution; `backbone` is a key of BACKBONES."""

    unit: str
    data: str
    seed: int
    backbone: str = ""

    @property
    def name(self) -> str:
        """As in the cache, and on the command line: "04_faster_rcnn-VOC-frozen-0"."""
        return "-".join(filter(None, (self.unit, self.data, self.backbone, str(self.seed))))

    def variables(self, data: Path, cache: Path) -> dict[str, str]:
        """The environment of its kernel: `data` holds the data sets, `cache` what selective search found."""
        return {
            "COURSE_PROFILE": "full",
            "COURSE_BACKBONE": "lite0",
            "COURSE_DEVICE": "cpu",
            "COURSE_THREADS": "1",
            "COURSE_DATA": str(data),
            "COURSE_CACHE": str(cache),
            "COURSE_SEED": str(self.seed),
        } | DATA[self.data]


def plan() -> list[Run]:
    """All runs, the short ones first; unit 01 draws three training sets from each seed on."""
    few_shot = [Run("01_transfer_learning", data, seed) for data in ("hymenoptera", "cifar10") for seed in (0, 3)]
    cells = [Run(unit, "BCCD", seed) for seed in range(3) for unit in ("04_faster_rcnn", "03_fast_rcnn")]
    parts = [Run(unit, "BCCD-part", 0) for unit in ("04_faster_rcnn", "03_fast_rcnn")]
    voc = [
        Run(unit, "VOC", seed, backbone)
        for unit in ("04_faster_rcnn", "03_fast_rcnn", "02_rcnn")
        for seed in range(3)
        for backbone in ("frozen", "random")
    ]
    streets = [Run("05_fcn", "CamVid", seed, backbone) for seed in range(3) for backbone in ("", "scratch")]
    faces = [Run("07_faces", "ORL", seed) for seed in range(3)]
    return few_shot + parts + cells + streets + faces + voc


def chosen(names: list[str]) -> list[Run]:
    """The runs whose names begin with one of these; all of them for no names."""
    return [run for run in plan() if not names or run.name.startswith(tuple(names))]


def part_of_train(data: Path, folder: Path, kept: int = 155) -> None:
    """Lay `folder`/BCCD-part down: BCCD's first `kept` training images as train, the others as val; none of its val.

    The other data sets of `data` are linked beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in data.iterdir():
        link(path, folder / path.name)
    names = (data / "BCCD/ImageSets/Main/train.txt").read_text(encoding="utf-8").split()
    part = folder / "BCCD-part"
    lists = part / "ImageSets" / "Main"
    lists.mkdir(parents=True, exist_ok=True)
    for name in ("JPEGImages", "Annotations"):
        link(data / "BCCD" / name, part / name)
    splits: Mapping[str, list[str]] = {"train": names[:kept], "val": names[kept:]}
    for split, among in splits.items():
        (lists / f"{split}.txt").write_text("\n".join(among) + "\n", encoding="utf-8")


def link(target: Path, place: Path) -> None:
    """A link, unless something lies there."""
    if not place.exists():
        place.symlink_to(target.resolve(), target_is_directory=target.is_dir())

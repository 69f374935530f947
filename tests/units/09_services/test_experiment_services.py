"""The given code of unit 09's experiment on leaked pictures, and what its check thinks of honest and lazy answers."""

from functools import partial

import imagehash
import numpy as np
import pytest
import torch
from PIL import Image

from autograder import reference
from course_lib.checks.run import generator
from course_lib.checks.services import experiment
from course_lib.data.copies import altered, mirror
from course_lib.data.folders import image_folder
from course_lib.data.tinytown.draws import Draw

CASE = experiment.CHECK.cases[0]
SEEDS = (2**255 + 5, 2**200 + 9, 2**131 + 3)


@pytest.fixture(scope="module")
def own():
    """The notebook's names, its threshold chosen."""
    names = reference.load("09_services")
    names["weights"] = names["fit"]()
    yield names
    del names["weights"]


@pytest.fixture(scope="module")
def val(own):
    """The pictures on which the notebook chooses."""
    train, clean, _, _ = own["pictures_of"](0)
    return train, *own["leaky"](train, clean, own["LEAKED"], "to choose on")[:2]


def asked(seed):
    """What a student with this secret seed is asked in the exam."""
    return CASE.make_inputs(generator(seed, CASE))


def credit(answer, inputs) -> float:
    wrong = CASE.compare(answer, None, inputs)
    return 1.0 if wrong is None else wrong.credit


def test_the_exam_asks_for_a_third_of_copies_that_stand_anywhere():
    one, other = (asked(seed) for seed in SEEDS[:2])
    assert one["train"].shape == (120, 3, 64, 64)
    assert one["images"].shape == (96, 3, 64, 64)
    assert not torch.equal(one["_labels"], other["_labels"])
    assert 6 < int(one["_labels"][:48].sum()) < 30
    assert not (one["images"][:, None] == one["train"]).flatten(2).all(dim=2).any()


def test_how_many_have_leaked_is_drawn_too():
    counts = {int(asked(2**140 + number)["_labels"].sum()) for number in range(6)}
    assert len(counts) > 2
    assert min(counts) >= 24
    assert max(counts) <= 40


@pytest.mark.parametrize("seed", SEEDS)
def test_the_notebook_s_audit_earns_all_points_with_room(own, seed):
    inputs = asked(seed)
    found = own["predict"](inputs["train"], inputs["images"])
    assert experiment.f1(found, inputs) > 0.94  # all points from 0.92 on


def raw_pixels(train, images):
    return -torch.cdist(images.flatten(1).float(), train.flatten(1).float()).amin(dim=1)


def phash(train, images, both=False):
    def bits(some):
        pictures = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in some]
        return np.array([imagehash.phash(picture).hash.ravel() for picture in pictures])

    known = bits(torch.cat([train, mirror(train)]) if both else train)
    return -torch.tensor([(row != known).sum(axis=1).min() for row in bits(images)]).float()


def best_threshold(own, similarities, truth):
    values = similarities.unique()
    scores = [own["found"]((similarities >= one).nonzero()[:, 0], truth)[2] for one in values.tolist()]
    return values[int(np.argmax(scores))]


@pytest.mark.parametrize(
    ("look", "most"),
    [("raw pixels", 0.0), ("phash", 0.0), ("phash, mirrored too", 0.3), ("no views", 0.1), ("not mirrored", 0.4)],
)
def test_who_compares_less_earns_clearly_less(own, val, look, most):
    """With thresholds that were chosen on the notebook's pictures. Mean of three exams."""
    looks = {
        "raw pixels": raw_pixels,
        "phash": phash,
        "phash, mirrored too": partial(phash, both=True),
        "no views": partial(own["nearest"], seen=lambda images: images),
        "not mirrored": partial(own["nearest"], seen=lambda images: own["views"](images)[: 6 * len(images)]),
    }
    train, images, truth = val
    limit = best_threshold(own, looks[look](train, images), truth)
    earned = [credit(looks[look](inputs["train"], inputs["images"]) >= limit, inputs) for inputs in map(asked, SEEDS)]
    assert sum(earned) / len(earned) <= most


def traces(images):
    """What one picture alone tells of having been saved again: gaps among its values, edges, and JPEG's squares."""
    values = images.float()
    gaps = torch.stack([(torch.bincount(one.flatten().long(), minlength=256) == 0).sum() for one in images])
    right, down = (values.diff(dim=axis).abs() for axis in (3, 2))
    squares = torch.stack([right[..., k::8].mean(dim=(1, 2, 3)) for k in range(8)], dim=1)
    bends = torch.stack([edges.diff(dim=axis).abs().mean(dim=(1, 2, 3)) for edges, axis in ((right, 3), (down, 2))], 1)
    flat = torch.stack([(right == k).float().mean(dim=(1, 2, 3)) for k in range(4)], dim=1)
    return torch.cat([gaps[:, None].float(), squares, squares / squares.mean(dim=1, keepdim=True), bends, flat], dim=1)


def test_no_picture_tells_by_itself_that_it_has_leaked():
    """A model of single pictures, taught on public exams, does not even look at what was trained on."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    taught = [experiment.shown(120)(np.random.default_rng(number)) for number in range(6)]
    images, labels = (torch.cat([inputs[name] for inputs in taught]) for name in ("images", "_labels"))
    model = HistGradientBoostingClassifier(random_state=0).fit(traces(images), labels)
    for inputs in map(asked, SEEDS):
        likely = torch.from_numpy(model.predict_proba(traces(inputs["images"]))[:, 1])
        called = likely >= likely.sort(descending=True).values[int(inputs["_labels"].sum())]
        assert experiment.f1(called, inputs) < 0.7


@pytest.mark.parametrize("answer", ["none", "all", "every other one", "chance"])
def test_who_does_not_look_earns_nothing(answer):
    rng = torch.Generator().manual_seed(0)
    answers = {
        "none": torch.zeros(96).bool(),
        "all": torch.ones(96).bool(),
        "every other one": torch.arange(96) % 2 == 0,
        "chance": torch.rand(96, generator=rng) < 1 / 3,
    }
    assert credit(answers[answer], asked(SEEDS[0])) == 0


@pytest.mark.parametrize("wrong", ["numbers", "floats", "twos", "list", "axes"])
def test_what_is_no_answer_is_told_so(wrong):
    inputs = asked(SEEDS[0])
    right = inputs["_labels"]
    answers = {
        "numbers": right.nonzero()[:, 0],
        "floats": right.float(),
        "twos": 2 * right,
        "list": right.tolist(),
        "axes": right[:, None],
    }
    with pytest.raises(TypeError, match="96 truth values"):
        experiment.f1(answers[wrong], inputs)


def test_zeros_and_ones_are_truth_values_as_well():
    inputs = asked(SEEDS[0])
    assert experiment.f1(inputs["_labels"], inputs) == experiment.f1(inputs["_labels"].bool(), inputs) == 1


def test_the_metric_is_that_of_the_notebook(own):
    truth = torch.tensor([True, True, True, False, False, False])
    called = torch.tensor([True, True, False, True, False, False])
    precision, recall, f1 = own["found"](called.nonzero()[:, 0], truth)
    assert (precision, recall, f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert experiment.f1(called, {"_labels": truth.long()}) == pytest.approx(f1)
    assert own["found"](torch.zeros(0).long(), truth) == (0, 0, 0)


def test_twelve_views_belong_to_their_pictures(own):
    images = torch.randint(256, (5, 3, 20, 20), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    seen = own["views"](images)
    assert len(seen) == 12 * 5
    assert torch.equal(seen[:5], images)
    assert torch.equal(seen[30:], mirror(seen[:30]))
    assert len({view.numpy().tobytes() for view in seen[2::5]}) == 12
    for view in seen[7::5]:
        assert any(torch.equal(view, own["views"](images[2:3])[row]) for row in range(12))


def test_mirrored_copies_are_found_and_have_their_picture_as_partner(own):
    train, clean, _, _ = own["pictures_of"](1)
    test = torch.cat([mirror(train[[7, 90, 33]]), clean[:5], train[[4]]])
    audit = own["audit"](train, test, 0.95)
    assert (audit.leaked.tolist(), audit.partners.tolist()) == ([0, 1, 2, 8], [7, 90, 33, 4])


def test_the_notebook_s_two_parts_share_no_picture(own):
    parts = [torch.cat(own["pictures_of"](part)[:2]) for part in (0, 1)]
    assert not (parts[0][:, None] == parts[1]).flatten(2).all(dim=2).any()


def test_a_leaky_test_set_says_where_its_copies_are(own):
    train, clean, _, _ = own["pictures_of"](1)
    images, truth, order = own["leaky"](train, clean, 10, "some name")
    assert int(truth.sum()) == 10
    origins = torch.cat([clean, train[Draw("some name").shuffled(range(len(train)))[:10]]])[order]
    assert all(
        torch.equal(a, altered(b, Draw(f"some name/{i}"))[0])
        for a, b, i in zip(images, origins, order.tolist(), strict=True)
    )
    assert not (images == origins).flatten(1).all(dim=1).any()


def test_on_photographs_of_cifar_10_the_audit_finds_copies_as_well(own, test_data):
    """2,000 photographs of 32 × 32 pixels, enlarged; the threshold of drawn pictures, and one of their own."""
    some = image_folder(test_data / "cifar10_jpg" / "train", 60, 64).images
    rows = torch.tensor(Draw("cifar").shuffled(range(len(some))))
    results = []
    for part in rows.chunk(2):
        train, clean = some[part[:200]], some[part[200:]]
        copies = [altered(train[i], Draw(f"cifar/{i}"))[0] for i in range(50)]
        truth = torch.arange(len(clean) + 50) >= len(clean)
        results.append((own["nearest"](train, torch.cat([clean, torch.stack(copies)])), truth))
    limit = best_threshold(own, *results[0])
    precision, recall, _ = own["found"]((results[1][0] >= limit).nonzero()[:, 0], results[1][1])
    print(f"CIFAR-10: precision {precision:.3f}, recall {recall:.3f}")
    assert precision > 0.8
    assert recall > 0.8

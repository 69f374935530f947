"""The key is whole or absent, and seeds belong to one check, one student and one piece of work."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.exam import secret
from course_lib.errors import DataBroken

KEY = b"a" * 32


def notebook(*sources):
    names = ("check_nms", "check_experiment")
    checks = [new_code_cell("", metadata={"nbgrader": {"grade_id": name, "grade": True}}) for name in names]
    return new_notebook(cells=[*map(new_code_cell, sources or ("def nms(): ...",)), *checks])


def seeds(*sources, weights=None, student="ada", unit="02_rcnn"):
    return secret.seeds_of(unit, student, notebook(*sources), weights, KEY)


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path):
    key = secret.key(tmp_path)
    assert secret.key(tmp_path) == key
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / secret.NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [secret.NAME]


def test_two_who_make_it_at_once_get_the_same(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(secret.key, [tmp_path] * 32))) == 1


@pytest.mark.parametrize("content", ["", "abc", "g" * 64, "a" * 63])
def test_half_a_key_is_refused(tmp_path, content):
    (tmp_path / secret.NAME).write_text(content)
    with pytest.raises(DataBroken, match="restore it from a backup"):
        secret.key(tmp_path)


def test_seeds_differ_by_key_unit_check_and_student():
    made = {
        secret.seed(key, unit, check, student)
        for key in (KEY, b"b" * 32)
        for unit in ("02_rcnn", "03_fast_rcnn")
        for check in ("nms", "box_iou")
        for student in ("ada", "bob")
    }
    assert len(made) == 16


def test_a_seed_has_more_bits_than_anybody_can_enumerate():
    made = [secret.seed(KEY, "02_rcnn", "nms", str(student)) for student in range(64)]
    assert max(made).bit_length() > 250
    for bit in range(256):
        assert len({seed >> bit & 1 for seed in made}) == 2


def test_the_same_work_gets_the_same_seeds_and_changed_work_others():
    made = [seeds()["nms"], seeds()["nms"], seeds("changed")["nms"], seeds(weights=b"weights")["nms"]]
    assert made[0] == made[1]
    assert len(set(made)) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"sources": ["a", "b"]}, {"sources": ["a\0b"]}),
        ({"sources": ["a", "b"]}, {"sources": ["ab", ""]}),
        ({"sources": ["a"], "weights": None}, {"sources": ["a"], "weights": b""}),
        ({"sources": ["a"], "weights": b"b"}, {"sources": ["a", "b"], "weights": None}),
        ({"sources": ["a"], "weights": b"\0b"}, {"sources": ["a\0"], "weights": b"b"}),
        ({"sources": ["a"]}, {"sources": ["\ud800"]}),
    ],
)
def test_whatever_stands_in_cells_other_work_has_other_seeds(one, other):
    made = [seeds(*each.pop("sources"), **each)["nms"] for each in (dict(one), dict(other))]
    assert made[0] != made[1]


def test_names_cannot_run_into_each_other():
    assert secret.seed(KEY, "a", "b\0c") != secret.seed(KEY, "a\0b", "c")
    assert secret.digest("ab", "c") != secret.digest("a", "bc")
    assert secret.digest(None) != secret.digest(b"") != secret.digest()


def test_the_experiment_is_not_drawn_again_for_luck():
    hand_ins = [seeds(), seeds("changed"), seeds(weights=b"better"), seeds("#", "#", weights=b"")]
    assert len({made["experiment"] for made in hand_ins}) == 1
    assert len({seeds(student=student)["experiment"] for student in ("ada", "bob")}) == 2
    assert len({seeds(unit=unit)["experiment"] for unit in ("02_rcnn", "03_fast_rcnn")}) == 2

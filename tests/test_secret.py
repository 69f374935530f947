"""The key is whole or absent, and seeds belong to one check, one student and one piece of work."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder import secret
from course_lib.errors import DataBroken

KEY = b"a" * 32


def notebook(source="def nms(): ..."):
    check = new_code_cell("check('nms', nms)", metadata={"nbgrader": {"grade_id": "check_nms"}})
    return new_notebook(cells=[new_code_cell(source), check])


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


def test_the_same_work_gets_the_same_seeds_and_changed_work_others():
    seeds = [
        secret.seeds_of("02_rcnn", "ada", notebook(*source), weights, KEY)["nms"]
        for source, weights in (((), None), ((), None), (("changed",), None), ((), b"weights"))
    ]
    assert seeds[0] == seeds[1]
    assert len(set(seeds)) == 3

"""Tinytown on disk, and the crops of single objects."""

import pytest
import torch

from course_lib.data import tinytown
from course_lib.data.tinytown import cache
from course_lib.errors import SettingsError


def test_families_are_many_and_disjoint():
    assert len(tinytown.SOURCE_FAMILIES) >= 20
    assert len(tinytown.TARGET_FAMILIES) >= 10
    names = [*tinytown.SOURCE_FAMILIES, *tinytown.TARGET_FAMILIES, *tinytown.CLASSES]
    assert len(set(names)) == len(names)


def test_objects_are_balanced_repeatable_and_nested(cache_folder):
    images, labels = tinytown.objects("target", "train", 24)
    assert images.shape == (24, 3, 64, 64)
    assert images.dtype == torch.uint8
    assert torch.bincount(labels).tolist() == [2] * 12
    again, _ = tinytown.objects("target", "train", 12)
    assert torch.equal(again, images[:12])
    other, _ = tinytown.objects("target", "test", 12)
    assert not torch.equal(other, again)


def test_what_is_hidden_of_an_object_is_another_look(cache_folder, monkeypatch):
    shares = tinytown.hidden("target", "test", 24)
    assert 0.1 < (shares > 0).float().mean() < 0.6
    assert shares.max() <= 1
    covered, _ = tinytown.objects("target", "test", 24)
    monkeypatch.setattr("course_lib.data.tinytown.crops.cover", lambda canvas, draw: 0.0)
    monkeypatch.setattr("course_lib.data.tinytown.cache.VERSION", "uncovered")
    bare, _ = tinytown.objects("target", "test", 24)
    assert not tinytown.hidden("target", "test", 24).any()
    changed = (covered != bare).flatten(1).any(dim=1)
    assert changed[shares > 0].all()


def test_objects_in_another_size(cache_folder):
    assert tinytown.objects("source", "val", 2, size=32)[0].shape == (2, 3, 32, 32)


@pytest.mark.parametrize(("group", "split"), [("sauce", "train"), ("source", "test_shifted")])
def test_unknown_crops_are_refused(cache_folder, group, split):
    with pytest.raises(SettingsError, match="expected"):
        tinytown.objects(group, split, 1)
    with pytest.raises(SettingsError, match="expected"):
        tinytown.hidden(group, split, 1)


def test_cached_scenes_equal_drawn_ones(cache_folder, same):
    first = tinytown.scenes("val", 6, start=2)
    second = tinytown.scenes("val", 6, start=2)
    assert all(same(a, b) for a, b in zip(first, second, strict=True))
    assert same(second[3], tinytown.scene(5, split="val"))
    assert len(list(cache_folder.iterdir())) == 1


def test_a_cached_file_is_used(cache_folder, monkeypatch):
    tinytown.scenes("val", 2)
    monkeypatch.setattr(cache, "scene", None)
    assert len(tinytown.scenes("val", 2)) == 2


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty"])
def test_a_broken_cache_file_is_drawn_again(cache_folder, same, damage):
    first = tinytown.scenes("val", 3)
    (file,) = cache_folder.iterdir()
    content = file.read_bytes()
    file.write_bytes({"cut": content[: len(content) // 2], "garbage": b"no zip" * 100, "empty": b""}[damage])
    assert all(same(a, b) for a, b in zip(first, tinytown.scenes("val", 3), strict=True))
    assert file.read_bytes()[:2] == b"PK"


def test_a_new_version_draws_again(cache_folder, monkeypatch):
    tinytown.scenes("val", 1)
    monkeypatch.setattr(cache, "VERSION", cache.VERSION + 1)
    tinytown.scenes("val", 1)
    assert len(list(cache_folder.iterdir())) == 2


def test_no_scenes_and_no_objects(cache_folder):
    assert tinytown.scenes("train", 0) == []
    images, labels = tinytown.objects("source", "train", 0)
    assert images.shape == (0, 3, 64, 64)
    assert labels.shape == (0,)


DIGEST = "9a952d73be02ef2c"  # of version 6; whatever changes it needs another VERSION and the public cases built anew


@pytest.mark.parametrize("optimised", [True, False])
def test_every_processor_draws_the_same_bytes(digest_on, optimised):
    """As this one does, and as a plain one: without AVX2 and FMA, without Intel's library, with another BLAS."""
    plain = {
        "OPENCV_IPP": "disabled",
        "OPENCV_CPU_DISABLE": "AVX512_SKX,AVX2,FMA3,AVX",
        "OPENBLAS_CORETYPE": "Prescott",
        "ATEN_CPU_CAPABILITY": "default",
    }
    assert digest_on(optimised, **({} if optimised else plain)) == DIGEST
    assert cache.VERSION == 6

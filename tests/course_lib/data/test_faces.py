"""Faces of persons: ORL's and LFW's folders, scikit-image's patches, the list of LFW's pairs, pairs drawn in folds."""

import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.data import face_pairs, faces
from course_lib.errors import DataBroken, DataMissing, SettingsError

SMALL = ["2 2", "A 1 2", "B 1 3", "A 1 B 1", "B 2 C 1", "C 1 2", "C 2 3", "A 2 C 1", "B 1 C 3"]


def photograph(path, seed, height=250, width=250):
    """A smooth picture, so that JPEG keeps it well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(path)


def photographs(root, counts, ending="jpg"):
    """A folder per person, named as LFW's photographs are."""
    for seed, (name, count) in enumerate(counts.items()):
        for number in range(1, count + 1):
            photograph(root / name / f"{name}_{number:04d}.{ending}", 100 * seed + number)


def listed(path, rows):
    path.write_text("\n".join(row.replace(" ", "\t") for row in rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def lfw(tmp_path, settings_from):
    """Three persons where scikit-learn keeps LFW."""
    settings_from(COURSE_DATA=tmp_path)
    photographs(tmp_path / faces.LFW, {"A": 2, "B": 3, "C": 3})
    return tmp_path


def test_orl_has_ten_photographs_of_each_person(test_data, settings_from):
    settings_from(COURSE_DATA=test_data)
    found = faces.orl(size=40)
    assert found.names == tuple(f"s{person}" for person in range(1, 26))
    assert torch.equal(found.identities, torch.arange(25).repeat_interleave(10))
    assert torch.equal(found.numbers, torch.arange(1, 11).repeat(25))
    assert found.images.shape == (250, 3, 40, 40)
    assert torch.equal(found.images[:, 0], found.images[:, 2])
    assert found.images.double().std(dim=(1, 2, 3)).min() > 10


def test_orls_photographs_are_cut_to_their_middle(test_data, settings_from):
    settings_from(COURSE_DATA=test_data)
    whole = np.asarray(Image.open(test_data / "ORL" / "s12" / "10.pgm"))
    found = faces.orl()
    assert np.array_equal(found.images[119, 0], whole[10:102])


def test_a_limit_bounds_all_photographs(test_data, settings_from):
    settings_from(COURSE_DATA=test_data, COURSE_LIMIT="23")
    found = faces.orl(size=20)
    assert len(found.images) == len(found.identities) == len(found.numbers) == 23
    assert found.identities[-1] == 2


@pytest.mark.parametrize(("read", "what"), [(faces.orl, "ORL"), (faces.lfw_people, "course data lfw")])
def test_without_data_the_error_says_where_it_is_sought(read, what, settings_from, tmp_path):
    settings_from(COURSE_DATA=tmp_path)
    with pytest.raises(DataMissing, match=what) as caught:
        read()
    assert str(tmp_path) in str(caught.value)


def test_lfw_is_what_scikit_learn_reads(lfw):
    from sklearn.datasets import fetch_lfw_people

    for name in ("pairs.txt", "pairsDevTrain.txt", "pairsDevTest.txt"):
        (lfw / faces.LFW_HOME / name).write_text("", encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joblib's word on its cache
        theirs = fetch_lfw_people(data_home=lfw, color=True, resize=None, download_if_missing=False)
    mine = faces.lfw_people(size=125)
    assert mine.names == tuple(theirs.target_names)
    inner = mine.images[:, :, :, 15:109].permute(0, 2, 3, 1)
    pixels = torch.from_numpy(np.rint(theirs.images * 255).astype(np.uint8))
    for image, target in zip(pixels, theirs.target, strict=True):
        (place,) = (inner == image).all(dim=(1, 2, 3)).nonzero()[:, 0].tolist()
        assert mine.identities[place] == target


def test_persons_with_few_photographs_are_left_out(lfw):
    found = faces.lfw_people(size=16, least=3)
    assert found.names == ("B", "C")
    assert found.identities.tolist() == [0, 0, 0, 1, 1, 1]
    with pytest.raises(DataBroken, match="0 of 3 folders"):
        faces.lfw_people(size=16, least=4)


def test_photographs_are_sorted_by_their_numbers(tmp_path):
    for name, number in (("s10", 10), ("s10", 9), ("s2", 1), ("s1", 3)):
        photograph(tmp_path / name / f"{number}.png", number, 20, 20)
    found = faces.read_people(tmp_path, size=8)
    assert found.names == ("s1", "s2", "s10")
    assert found.numbers.tolist() == [3, 1, 9, 10]


def test_a_photograph_without_a_number_is_refused(lfw):
    photograph(lfw / faces.LFW / "B" / "portrait.jpg", 5)
    with pytest.raises(DataBroken, match="portrait.jpg has no number"):
        faces.lfw_people()


def test_an_empty_folder_is_refused(lfw):
    (lfw / faces.LFW / "D").mkdir()
    with pytest.raises(DataBroken, match="D has no photograph"):
        faces.lfw_people()


def test_a_damaged_photograph_is_named(lfw):
    path = lfw / faces.LFW / "B" / "B_0002.jpg"
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(DataBroken, match="B_0002.jpg"):
        faces.lfw_people()


def test_patches_are_a_hundred_faces_and_as_many_others():
    patches, is_face = faces.face_patches()
    assert patches.shape == (200, 25, 25)
    assert is_face.sum() == 100
    assert 0 <= patches.min() < patches.max() <= 1
    mean = patches[is_face].mean(dim=0, keepdim=True)
    likeness = torch.corrcoef(torch.cat([mean, patches]).flatten(1))[0, 1:]
    assert likeness[is_face].median() > 0.5
    assert likeness[~is_face].median() < 0


def test_lfw_is_fetched_whole_or_not_at_all(monkeypatch, settings_from, tmp_path, capsys):
    settings_from(COURSE_DATA=tmp_path)
    monkeypatch.setattr("course_lib.progress.PATIENCE", 0)

    def broken(data_home, **_):
        photographs(Path(data_home) / faces.LFW, {"A": 1})
        raise OSError("no network")

    monkeypatch.setattr("sklearn.datasets.fetch_lfw_people", broken)
    with pytest.raises(DataMissing, match="no network") as caught:
        faces.download_lfw()
    assert "course data lfw" in str(caught.value)
    assert list(tmp_path.iterdir()) == []

    def whole(data_home, **_):
        photographs(Path(data_home) / faces.LFW, {"A": 1, "B": 2})
        (Path(data_home) / faces.LFW_HOME / "joblib").mkdir()
        time.sleep(0.2)

    monkeypatch.setattr("sklearn.datasets.fetch_lfw_people", whole)
    (tmp_path / faces.LFW_HOME).mkdir()  # what another program left
    capsys.readouterr()
    assert faces.download_lfw() == tmp_path / faces.LFW
    assert capsys.readouterr().err == "Fetching and reading Labeled Faces in the Wild, 200 MB …\n"
    assert [path.name for path in tmp_path.iterdir()] == ["lfw_home"]
    assert [path.name for path in (tmp_path / "lfw_home").iterdir()] == ["lfw_funneled"]
    monkeypatch.setattr("sklearn.datasets.fetch_lfw_people", broken)
    assert faces.download_lfw() == tmp_path / faces.LFW  # it is there: nothing is fetched


def test_the_official_list_has_ten_folds_of_600_pairs(test_data, settings_from):
    settings_from(COURSE_DATA=test_data)
    found = face_pairs.lfw_pairs()
    assert found.folds == tuple(fold for fold in range(10) for _ in range(600))
    same = [one[0] == other[0] for one, other in zip(found.first, found.second, strict=True)]
    assert same == ([True] * 300 + [False] * 300) * 10
    assert (found.first[0], found.second[0], found.lines[0]) == (("Abel_Pacheco", 1), ("Abel_Pacheco", 4), 2)
    assert (found.first[-1], found.lines[-1]) == (("Slobodan_Milosevic", 2), 6001)
    persons = [
        {photograph[0] for photograph, at in zip(found.first, found.folds, strict=True) if at == fold}
        for fold in (0, 1)
    ]
    assert not persons[0] & persons[1]


def test_pairs_become_positions(lfw):
    found = face_pairs.read_pairs(listed(lfw / "pairs.txt", SMALL)).among(faces.lfw_people(size=8))
    assert found.first.tolist() == [0, 2, 0, 3, 5, 6, 1, 2]
    assert found.second.tolist() == [1, 4, 2, 5, 6, 7, 5, 7]
    assert found.same.tolist() == [True, True, False, False] * 2
    assert found.folds.tolist() == [0] * 4 + [1] * 4


def test_pairs_are_those_of_scikit_learn(lfw):
    from sklearn.datasets import fetch_lfw_pairs

    listed(lfw / faces.LFW_HOME / "pairs.txt", SMALL)
    for name in ("pairsDevTrain.txt", "pairsDevTest.txt"):
        (lfw / faces.LFW_HOME / name).write_text("", encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = fetch_lfw_pairs(data_home=lfw, subset="10_folds", color=True, resize=None, download_if_missing=False)
    people = faces.lfw_people(size=125)
    mine = face_pairs.lfw_pairs().among(people)
    assert mine.same.tolist() == (theirs.target == 1).tolist()
    for part, rows in enumerate((mine.first, mine.second)):
        inner = people.images[rows][:, :, :, 15:109].permute(0, 2, 3, 1)
        assert np.array_equal(inner, np.rint(theirs.pairs[:, part] * 255))


def test_a_header_of_one_number_is_one_fold(tmp_path):
    found = face_pairs.read_pairs(listed(tmp_path / "pairsDevTest.txt", ["1", "A 1 2", "A 1 B 3"]))
    assert found.folds == (0, 0)
    assert found.second == (("A", 2), ("B", 3))


def test_blank_lines_and_other_line_ends_do_not_matter(tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_bytes("\ufeff1 1\r\n\r\nA 1 2\r\nA 1 B 3\r\n\r\n".encode())
    assert face_pairs.read_pairs(path).lines == (3, 4)


@pytest.mark.parametrize(
    ("row", "text", "expected"),
    [
        (1, "10 300 2", "folds and of pairs"),
        (1, "ten 300", "folds and of pairs"),
        (1, "0 300", "folds and of pairs"),
        (3, "B 1", "a person and two numbers: pair 2 of 4 of fold 1"),
        (3, "1 3", "a person and two numbers"),
        (3, "B 1 x", "a person and two numbers"),
        (3, "B 0 3", "a person and two numbers"),
        (4, "A 1 B", "another person and a number"),
        (4, "A 1 A 2", "two persons"),
        (9, "B 1 C three", "pair 4 of 4 of fold 2"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, row, text, expected):
    path = listed(tmp_path / "pairs.txt", [*SMALL[: row - 1], text, *SMALL[row:]])
    with pytest.raises(DataBroken, match=f"Line {row} of pairs.txt") as caught:
        face_pairs.read_pairs(path)
    assert expected in str(caught.value)
    assert "course data lfw" in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "line", "told"),
    [
        (SMALL[:2] + SMALL[3:], 3, "a person and two numbers: pair 2 of 4 of fold 1"),  # a pair of one person too few
        (SMALL[:4] + SMALL[5:], 5, "pair 4 of 4 of fold 1"),  # of two persons
        (SMALL[:-1], 8, "7 pairs"),
        ([*SMALL, "A 1 B 2"], 10, "9 pairs"),
        ([], 1, "an empty file"),
    ],
)
def test_folds_of_unequal_size_are_refused(tmp_path, rows, line, told):
    path = listed(tmp_path / "pairs.txt", rows)
    with pytest.raises(DataBroken, match=f"Line {line} of") as caught:
        face_pairs.read_pairs(path)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected", "got"),
    [
        ("D 1 2", "photograph 1 of D", "nobody of this name"),
        ("A 1 3", "photograph 3 of A", "photographs 1 to 2 of this person"),
    ],
)
def test_a_missing_person_or_photograph_is_named_with_its_line(lfw, text, expected, got):
    found = face_pairs.read_pairs(listed(lfw / "pairs.txt", [*SMALL[:5], text, *SMALL[6:]]))
    with pytest.raises(DataMissing, match="Line 6 of pairs.txt") as caught:
        found.among(faces.lfw_people(size=8))
    assert expected in str(caught.value)
    assert got in str(caught.value)


def test_without_a_list_the_error_names_both_places(settings_from, tmp_path):
    settings_from(COURSE_DATA=tmp_path)
    with pytest.raises(DataMissing, match="lfw_home") as caught:
        face_pairs.lfw_pairs()
    assert str(tmp_path / "LFW" / "pairs.txt") in str(caught.value)


@pytest.mark.parametrize("folds", [1, 2, 4, 7])
def test_nobody_stands_in_two_folds(folds):
    identities = torch.tensor([30, 4, 4, 17, 30, 2, 2, 2, 11, 5, 9, 9, 4])
    found = face_pairs.leave_people_out(identities, folds, torch.Generator().manual_seed(3))
    of_person = [found[identities == person].unique().tolist() for person in identities.unique()]
    assert all(len(one) == 1 for one in of_person)
    sizes = torch.bincount(torch.tensor([one[0] for one in of_person]), minlength=folds)
    assert len(sizes) == folds
    assert sizes.max() - sizes.min() <= 1


def test_the_generator_decides_the_folds():
    identities = torch.arange(12)
    one, same, other = (
        face_pairs.leave_people_out(identities, 3, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("folds", [0, 4])
def test_folds_without_anybody_are_refused(folds):
    with pytest.raises(SettingsError, match="1 to 3"):
        face_pairs.leave_people_out(torch.tensor([1, 1, 2, 3]), folds, torch.Generator())


def test_drawn_pairs_are_balanced_and_stay_in_their_fold():
    identities = torch.arange(12).repeat_interleave(3)
    folds = face_pairs.leave_people_out(identities, 3, torch.Generator().manual_seed(0))
    found = face_pairs.pairs_within(identities, folds, torch.Generator().manual_seed(1))
    assert torch.equal(folds[found.first], folds[found.second])
    assert torch.equal(found.folds, folds[found.first])
    assert torch.equal(found.same, identities[found.first] == identities[found.second])
    assert (found.first < found.second).all()
    assert len(set(zip(found.first.tolist(), found.second.tolist(), strict=True))) == len(found.first)
    for fold in range(3):
        same = found.same[found.folds == fold]
        assert (same.sum(), (~same).sum()) == (4 * 3, 4 * 3)


def test_all_pairs_of_two_persons_are_taken_where_there_are_few():
    found = face_pairs.pairs_within(torch.tensor([5, 5, 5, 5, 8]), torch.zeros(5).long(), torch.Generator())
    assert (found.same.sum(), (~found.same).sum()) == (6, 4)


@pytest.mark.parametrize("identities", [[1, 2, 3, 4], [1, 1, 1, 1]])
def test_a_fold_of_one_kind_is_refused(identities):
    with pytest.raises(SettingsError, match="fold 7"):
        face_pairs.pairs_within(torch.tensor(identities), torch.full((4,), 7), torch.Generator())

"""text8: read in blocks, its rare words taken out, fetched once; damaged or missing it is named."""

import zipfile

import pytest

from course_lib.data import text8 as module
from course_lib.data.text8 import TEXT8, TEXT8_URL, download_text8, read_text8, text8
from course_lib.errors import DataBroken, DataMissing

TEXT = " anarchism originated as a term of abuse first used against a term of a class as one nine nine one"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / TEXT8
    path.parent.mkdir()
    path.write_text(TEXT, encoding="ascii")
    return path


def back(corpus):
    """The words of a text, from their numbers."""
    return " ".join("." if token < 0 else corpus.words[token] for token in corpus.tokens.tolist())


def test_all_words_come_back_in_one_sentence(file):
    corpus = read_text8(file, least=1)
    assert back(corpus) == f"{TEXT.strip()} ."
    assert corpus.words[:6] == ("a", "as", "term", "of", "one", "nine")
    assert corpus.counts().tolist()[:6] == [3, 2, 2, 2, 2, 2]
    assert corpus.sentences(1) == [TEXT.strip()]


def test_rare_words_are_taken_out_and_their_neighbours_meet(file):
    assert back(read_text8(file, least=2)) == "as a term of a term of a as one nine nine one ."
    assert back(read_text8(file, least=3)) == "a a a ."


@pytest.mark.parametrize("block", [1, 2, 7, 50, len(TEXT), 1000])
def test_where_a_block_ends_cuts_no_word(file, monkeypatch, block):
    monkeypatch.setattr(module, "BLOCK", block)
    assert back(read_text8(file, least=1)) == f"{TEXT.strip()} ."


def test_it_is_read_from_course_data(file, settings_from, tmp_path):
    settings_from(COURSE_PROFILE="full", COURSE_DATA=tmp_path, COURSE_LIMIT=1)
    file.write_text(5 * f"{TEXT} ", encoding="ascii")
    assert len(text8().tokens) == 5 * len(TEXT.split()) + 1
    file.write_text(4 * f"{TEXT} ", encoding="ascii")
    assert "anarchism" not in text8().words


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "none, of 0 words"),
        (b"   ", "none, of 0 words"),
        (b"one two three", "none, of 3 words"),
        (b"<html>not found", "'<'"),
        (b"the\nking", r"'\\n'"),
        ("café".encode(), "'Ã'"),
    ],
    ids=["empty", "spaces", "all are rare", "a page", "lines", "other letters"],
)
def test_another_file_is_refused_by_name(tmp_path, content, got):
    path = tmp_path / "text8"
    path.write_bytes(content)
    with pytest.raises(DataBroken, match=rf"(?s)text8 cannot be read.*{got}") as error:
        read_text8(path)
    assert "course data text8" in str(error.value)


def test_missing_says_where_it_is_sought_and_how_it_is_fetched(settings_from, tmp_path):
    settings_from(COURSE_DATA=tmp_path)
    with pytest.raises(DataMissing, match="text8") as error:
        text8()
    assert str(tmp_path / TEXT8) in str(error.value)
    assert "course data text8" in str(error.value)


def test_it_is_fetched_once_and_the_archive_goes(settings_from, monkeypatch, tmp_path):
    fetched = []

    def fetch(url, known_hash, path):
        fetched.append((url, known_hash.partition(":")[0], len(known_hash.partition(":")[2])))
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as zipped:
            zipped.writestr("text8", TEXT)
        return path

    monkeypatch.setattr(module, "fetch", fetch)
    settings_from(COURSE_DATA=tmp_path / "data")
    for _ in range(2):
        assert download_text8().read_text(encoding="ascii") == TEXT
    assert fetched == [(TEXT8_URL, "sha256", 64)]
    assert [path.name for path in (tmp_path / "data").rglob("*") if path.is_file()] == ["text8"]


def test_without_network_nothing_is_left_and_the_reason_is_said(settings_from, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "TEXT8_URL", "http://127.0.0.1:9/text8.zip")
    settings_from(COURSE_DATA=tmp_path)
    with pytest.raises(DataMissing, match=r"text8\.zip is not on this machine and could not be fetched"):
        download_text8()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

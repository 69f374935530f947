"""GloVe's words and Google's questions: what ships, what is read, what is fetched, and what is damaged or missing."""

import json
import zipfile

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from course_lib.data import words
from course_lib.data.words import (
    GLOVE,
    QUESTIONS,
    SHIPPED,
    download_words,
    glove,
    questions,
    read_glove,
    read_questions,
    read_shipped,
    vector_of,
)
from course_lib.errors import DataBroken, DataMissing, SettingsError, UnknownWord

LINE = " ".join(["0.25"] * 100)
SECTIONS = QUESTIONS.with_suffix("")


@pytest.fixture(scope="module")
def shipped():
    return read_shipped(SHIPPED)


def told(error) -> str:
    return str(error.value)


def test_eight_thousand_frequent_words_ship_and_those_of_the_questions(shipped):
    assert (len(shipped.words), shipped.vectors.shape) == (8060, (8060, 100))
    assert shipped.words[:5] == ("the", ",", ".", "of", "to")
    assert shipped.words[-1] == "stepsister"
    assert len(set(shipped.words)) == 8060
    assert [word for word in shipped.words if word != word.lower() or not word.strip()] == []
    assert shipped.vectors.dtype == torch.float32
    assert shipped.vectors.isfinite().all()
    assert shipped.name == "GloVe 6B, 8,060 words"


def test_the_file_is_small_and_says_whose_it_is_and_how_it_was_cut():
    assert SHIPPED.stat().st_size <= 2_500_000
    with safe_open(SHIPPED, framework="pt") as file:
        recipe = json.loads(file.metadata()["recipe"])
        assert file.get_tensor("vectors").dtype == torch.float16
    assert recipe["licence"].startswith("PDDL 1.0")
    assert recipe["source"] == "https://nlp.stanford.edu/data/glove.6B.zip"
    assert recipe["command"].startswith("python tools/cut_words.py ")
    assert recipe["words"] == 8060
    assert "subset of GloVe 6B" in recipe["what"]


@pytest.mark.parametrize(
    ("section", "count", "excluded", "included"),
    [
        ("family", 506, 0.84, 0.41),
        ("capital-common-countries", 506, 0.95, 0.70),
        ("gram7-past-tense", 1560, 0.61, 0.12),
        ("gram8-plural", 1332, 0.77, 0.16),
    ],
)
def test_analogies_are_answered_mostly_because_the_query_words_are_excluded(
    shipped, test_data, section, count, excluded, included
):
    asked = read_questions(test_data / SECTIONS / f"{section}.txt")
    places = {word: index for index, word in enumerate(shipped.words)}
    a, b, c, d = torch.tensor([[places[word] for word in question] for question in asked[section]]).T
    unit = torch.nn.functional.normalize(shipped.vectors)
    scores = (unit[b] - unit[a] + unit[c]) @ unit.T
    assert len(a) == count
    assert (scores.argmax(1) == d).float().mean() == pytest.approx(included, abs=0.01)
    scores.scatter_(1, torch.stack([a, b, c], 1), -torch.inf)
    assert (scores.argmax(1) == d).float().mean() == pytest.approx(excluded, abs=0.01)


def test_the_shipped_values_are_the_original_s_in_float16(shipped, test_data):
    original = read_glove(test_data / GLOVE)
    assert shipped.words[:8000] == original.words[:8000]
    rows = original.vectors[[original.words.index(word) for word in shipped.words]]
    assert torch.equal(shipped.vectors, rows.half().float())
    assert torch.allclose(shipped.vectors, rows, rtol=2**-11, atol=2**-25)


def test_full_takes_all_words_where_they_lie_and_else_those_that_ship(settings_from, test_data, tmp_path):
    settings_from(COURSE_PROFILE="full", COURSE_DATA=test_data, COURSE_LIMIT=16)
    assert glove().name == "GloVe 6B, 15,025 words"
    settings_from(COURSE_PROFILE="full", COURSE_DATA=tmp_path)
    assert glove().name == "GloVe 6B, 8,060 words"
    settings_from(COURSE_PROFILE="mini", COURSE_DATA=test_data)
    assert glove().name == "GloVe 6B, 8,060 words"


def test_words_of_signs_are_words(tmp_path):
    path = tmp_path / "glove.txt"
    path.write_text("".join(f"{word} {LINE}\n" for word in ('"', "#", "'s", "\\", "é", "1,000")), encoding="utf-8")
    read = read_glove(path)
    assert read.words == ('"', "#", "'s", "\\", "é", "1,000")
    assert torch.equal(read.vectors, torch.full((6, 100), 0.25))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        b"400000 100\n" + f"the {LINE}\n".encode(),
        f"the {LINE}\nof {LINE[:-20]}\n".encode(),
        f"the {LINE}\n\nof {LINE}\n".encode(),
        f"the {LINE.replace('0.25', 'x', 1)}\n".encode(),
        b"\xff\xfe" + f"the {LINE}\n".encode("utf-16-le"),
    ],
    ids=["empty", "a page", "word2vec's header", "cut off", "a blank line", "no number", "UTF-16"],
)
def test_a_damaged_original_is_named(tmp_path, content):
    path = tmp_path / "glove.6B.100d.txt"
    path.write_bytes(content)
    with pytest.raises(DataBroken, match=r"glove\.6B\.100d\.txt cannot be read") as error:
        read_glove(path)
    assert str(path) in told(error)
    assert "course data words" in told(error)


def test_damaged_shipped_words_are_named(tmp_path):
    path = tmp_path / "glove.safetensors"
    path.write_bytes(SHIPPED.read_bytes()[:100_000])
    with pytest.raises(DataBroken, match=r"glove\.safetensors cannot be read") as error:
        read_shipped(path)
    assert str(path) in told(error)
    assert "install the course again" in told(error)


@pytest.mark.parametrize(
    "tensors",
    [
        {"vectors": torch.zeros(2, 100)},
        {"words": torch.zeros(0, dtype=torch.uint8), "vectors": torch.zeros(2, 100)},
        {"words": torch.tensor([255, 254], dtype=torch.uint8), "vectors": torch.zeros(1, 100)},
    ],
    ids=["no words", "fewer words", "no text"],
)
def test_other_tensors_are_no_words(tmp_path, tensors):
    save_file(tensors, tmp_path / "glove.safetensors")
    with pytest.raises(DataBroken, match=r"glove\.safetensors cannot be read"):
        read_shipped(tmp_path / "glove.safetensors")


def test_missing_shipped_words_are_named(tmp_path):
    with pytest.raises(DataMissing, match=r"glove\.safetensors") as error:
        read_shipped(tmp_path / "glove.safetensors")
    assert "tools/cut_words.py" in told(error)


def test_a_section_may_have_a_file_of_its_own(settings_from, test_data):
    settings_from(COURSE_DATA=test_data)
    assert len(questions("family")) == 506
    assert questions("capital-common-countries")[0] == ("athens", "greece", "baghdad", "iraq")


def test_a_word_s_vector_is_the_one_in_the_table(shipped):
    vectors = dict(zip(shipped.words, shipped.vectors, strict=True))
    assert torch.equal(vector_of(vectors, "queen"), shipped.vectors[shipped.words.index("queen")])


@pytest.mark.parametrize(("word", "near"), [("quen", "queen"), ("Queen", "queen"), ("woomen", "women")])
def test_an_unknown_word_is_answered_by_near_spellings(shipped, word, near):
    vectors = dict(zip(shipped.words, shipped.vectors, strict=True))
    with pytest.raises(UnknownWord, match=f"no vector for the word '{word}'") as error:
        vector_of(vectors, word)
    assert near in told(error).split("try: ")[1].split(" or ")


def test_a_word_like_no_other_is_refused_all_the_same():
    with pytest.raises(UnknownWord, match="try: one of the 1 words that have a vector"):
        vector_of({"queen": torch.zeros(2)}, "xyz")


def test_missing_questions_say_where_they_are_sought(settings_from, tmp_path):
    settings_from(COURSE_DATA=tmp_path)
    with pytest.raises(DataMissing, match="analogy questions on family") as error:
        questions("family")
    for place in (tmp_path / QUESTIONS, tmp_path / "words" / "questions-words" / "family.txt", "course data words"):
        assert str(place) in told(error)


def test_an_unknown_section_lists_those_that_there_are(settings_from, tmp_path):
    settings_from(COURSE_DATA=tmp_path)
    (tmp_path / "words").mkdir()
    (tmp_path / QUESTIONS).write_text(": family\nboy girl brother sister\n: currency\nJapan yen Europe euro\n")
    assert questions("currency") == [("japan", "yen", "europe", "euro")]
    with pytest.raises(SettingsError, match=r"family or currency\n.*'famly'"):
        questions("famly")


def test_a_line_that_is_no_question_is_shown(tmp_path):
    (tmp_path / "family.txt").write_text("boy girl brother sister\nboy girl brother\n")
    with pytest.raises(DataBroken, match=r"family\.txt cannot be read") as error:
        read_questions(tmp_path / "family.txt")
    assert "'boy girl brother'" in told(error)


def test_words_are_fetched_once_and_the_archive_goes(settings_from, monkeypatch, tmp_path):
    fetched = []

    def fetch(url, known_hash, path):
        fetched.append(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".zip":
            with zipfile.ZipFile(path, "w") as zipped:
                zipped.writestr("glove.6B.50d.txt", "the 0.5\n")
                zipped.writestr("glove.6B.100d.txt", f"the {LINE}\n")
        else:
            path.write_text(": family\nboy girl brother sister\n")
        return path

    monkeypatch.setattr(words, "fetch", fetch)
    settings_from(COURSE_PROFILE="full", COURSE_DATA=tmp_path / "data")
    for _ in range(2):
        assert download_words() == (tmp_path / "data" / GLOVE, tmp_path / "data" / QUESTIONS)
    assert fetched == [words.QUESTIONS_URL, words.GLOVE_URL]
    files = {path.name for path in (tmp_path / "data").rglob("*") if path.is_file()}
    assert files == {"glove.6B.100d.txt", "questions-words.txt"}
    assert glove().words == ("the",)
    assert questions("family") == [("boy", "girl", "brother", "sister")]


def test_without_network_nothing_is_left_and_the_reason_is_said(settings_from, monkeypatch, tmp_path):
    monkeypatch.setattr(words, "QUESTIONS_URL", "http://127.0.0.1:9/questions-words.txt")
    settings_from(COURSE_DATA=tmp_path)
    with pytest.raises(DataMissing, match=r"questions-words\.txt is not on this machine and could not be fetched"):
        download_words()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

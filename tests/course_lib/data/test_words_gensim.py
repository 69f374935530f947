"""GloVe's words and Google's questions as gensim takes and reads them."""

from pathlib import Path

import numpy as np
import pytest

from course_lib.data.words import GLOVE, QUESTIONS, SHIPPED, questions, read_glove, read_shipped

REASON = "gensim is not installed: it has no wheel for this Python"
KeyedVectors = pytest.importorskip("gensim.models", reason=REASON).KeyedVectors
ORIGINAL = Path(pytest.importorskip("gensim.test.utils").datapath("questions-words.txt"))  # Google's comes with gensim


@pytest.fixture(scope="module")
def vectors():
    """The shipped words in gensim."""
    shipped = read_shipped(SHIPPED)
    keyed = KeyedVectors(100)
    keyed.add_vectors(shipped.words, shipped.vectors.numpy())
    return keyed


def test_gensim_opens_the_shipped_words_and_finds_the_queen(vectors):
    assert vectors.most_similar(positive=["king", "woman"], negative=["man"])[0][0] == "queen"
    king, man, woman = (vectors.get_vector(word, norm=True) for word in ("king", "man", "woman"))
    assert vectors.similar_by_vector(king - man + woman)[0][0] == "king"  # where the query words may be the answer


@pytest.mark.parametrize(
    ("section", "right"),
    [("family", 0.84), ("capital-common-countries", 0.95), ("gram7-past-tense", 0.61), ("gram8-plural", 0.77)],
)
def test_gensim_counts_as_many_right_answers(vectors, google, tmp_path, section, right):
    path = tmp_path / "section.txt"
    path.write_text(f": {section}\n" + "\n".join(" ".join(question) for question in google(section)))
    share, _ = vectors.evaluate_word_analogies(path)
    assert share == pytest.approx(right, abs=0.01)


def test_the_original_is_read_as_gensim_reads_it(test_data, tmp_path):
    lines = (test_data / GLOVE).read_bytes()
    path = tmp_path / "word2vec.txt"  # with its header: without, gensim leaves the file open
    path.write_bytes(b"%d 100\n" % lines.count(b"\n") + lines)
    expected, read = KeyedVectors.load_word2vec_format(path), read_glove(test_data / GLOVE)
    assert list(read.words) == expected.index_to_key
    assert np.array_equal(read.vectors.numpy(), expected.vectors)


@pytest.fixture
def google(settings_from, tmp_path):
    """`questions` of the original, which lies in COURSE_DATA."""
    (tmp_path / "words").mkdir()
    (tmp_path / QUESTIONS).write_bytes(ORIGINAL.read_bytes())
    settings_from(COURSE_DATA=tmp_path)
    return questions


def test_google_s_questions_are_read_whole(google):
    sections = [line[2:].strip() for line in ORIGINAL.read_text().splitlines() if line.startswith(":")]
    assert len(sections) == 14
    assert sum(len(google(section)) for section in sections) == 19_544
    assert google("capital-common-countries")[0] == ("athens", "greece", "baghdad", "iraq")


@pytest.mark.parametrize("section", ["family", "gram8-plural"])
def test_a_section_s_own_file_says_the_same(google, settings_from, test_data, section):
    whole = google(section)
    settings_from(COURSE_DATA=test_data)
    assert questions(section) == whole

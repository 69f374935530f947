"""Real words as vectors, GloVe's, and the questions that are put to them, Google's analogies.

Pennington, Socher, Manning, GloVe: Global Vectors for Word Representation, EMNLP 2014: 400,000 words, learned from six
billion of Wikipedia 2014 and Gigaword 5, in the public domain (PDDL 1.0). The 8,000 most frequent ship with the course.
Mikolov, Chen, Corrado, Dean, Efficient Estimation of Word Representations in Vector Space, ICLR workshop 2013: 19,544
questions in 14 sections.
"""

import difflib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from course_lib.data.files import lines
from course_lib.download import fetch, missing, unpack
from course_lib.errors import DataBroken, DataMissing, SettingsError, UnknownWord
from course_lib.settings import settings

SHIPPED = Path(__file__).parents[1] / "weights" / "glove.safetensors"
DIMENSIONS = 100

GLOVE = Path("words", "glove", "glove.6B.100d.txt")
GLOVE_URL = "https://nlp.stanford.edu/data/glove.6B.zip"
GLOVE_HASH = "sha256:617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb"

QUESTIONS = Path("words", "questions-words.txt")
QUESTIONS_URL = (
    "https://raw.githubusercontent.com/tmikolov/word2vec/20c129af10659f7c50e86e3be406df663beff438/questions-words.txt"
)
QUESTIONS_HASH = "sha256:8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36"

Question = tuple[str, str, str, str]


@dataclass(frozen=True)
class Words:
    """Words, the most frequent first, with a vector each; `name` says which set it is."""

    words: tuple[str, ...]
    vectors: Float32[Tensor, "n d"]
    name: str


def glove() -> Words:
    """GloVe's words in small letters, the most frequent first, each with 100 numbers.

    In `mini` 8,060 that ship with the course: the 8,000 most frequent ones, and those that are left of Google's
    questions on capitals, family, past tense and plural. In `full` all 400,000 where COURSE_DATA holds them ("course
    data words"), else the same as in `mini`. COURSE_LIMIT counts images and bounds no words. gensim takes them as they
    are: `keyed = KeyedVectors(100)`, then `keyed.add_vectors(words, vectors.numpy())`. Raises DataMissing and
    DataBroken, naming the file.
    """
    original = settings().data / GLOVE
    return read_glove(original) if settings().profile == "full" and original.is_file() else read_shipped(SHIPPED)


def read_glove(path: Path) -> Words:
    """The words of a file in GloVe's own layout: on each line a word and its 100 numbers, with single spaces between.

    Raises DataBroken, naming it, for any other file.
    """
    columns = range(1, DIMENSIONS + 1)
    try:
        with open(path, encoding="utf-8") as text:
            words = tuple(line.split(" ", 1)[0] for line in text)
        if not words:
            raise ValueError("an empty file")
        vectors = np.loadtxt(path, np.float32, None, " ", usecols=columns, ndmin=2, encoding="utf-8")
        return _words(words, torch.from_numpy(vectors))
    except ValueError as error:  # NumPy's, which says the line; UnicodeDecodeError is one, too
        advice = "delete it and run 'course data words' again"
        raise _broken(path, f"a word and {DIMENSIONS} numbers on each line", error, advice) from error


def read_shipped(path: Path) -> Words:
    """The words of the file that tools/cut_words.py writes: their text, a word per line, and their vectors in float16.

    Raises DataMissing or DataBroken, naming it.
    """
    from safetensors import SafetensorError, safe_open

    advice = "install the course again, or cut it from the original: python tools/cut_words.py --help"
    if not path.is_file():
        raise DataMissing(
            "The course's own word vectors are missing.", expected=str(path), got="no file", advice=advice
        )
    try:
        with safe_open(path, framework="pt") as file:
            text, vectors = file.get_tensor("words").numpy().tobytes().decode(), file.get_tensor("vectors").float()
        return _words(tuple(text.split("\n")), vectors)
    except (SafetensorError, ValueError) as error:
        raise _broken(path, "safetensors with words and vectors", error, advice) from error


def vector_of(vectors: Mapping[str, Float[Tensor, " d"]], word: str) -> Float[Tensor, " d"]:
    """The vector of a word. Raises UnknownWord, which names up to three words of a near spelling, where it has none."""
    if word in vectors:
        return vectors[word]
    near = difflib.get_close_matches(word, vectors, n=3)
    advice = " or ".join(near) if near else f"one of the {len(vectors)} words that have a vector"
    raise UnknownWord(f"There is no vector for the word {word!r}.", got=repr(word), advice=advice)


def questions(section: str) -> list[Question]:
    """Google's questions of a section ("family", "gram7-past-tense", …) in small letters: a is to b as c is to d.

    COURSE_DATA holds them as the original words/questions-words.txt ("course data words" fetches it), or each section
    as a file of its own, words/questions-words/family.txt. Raises DataMissing where neither is there, SettingsError
    with the sections for one that there is not, DataBroken for a line that is no question.
    """
    whole = settings().data / QUESTIONS
    alone = whole.with_suffix("") / f"{section}.txt"
    path = next((path for path in (alone, whole) if path.is_file()), None)
    if path is None:
        raise missing(f"Google's analogy questions on {section}", [whole, alone], "course data words")
    found = read_questions(path)
    if section not in found:
        raise SettingsError("The questions have no such section.", expected=" or ".join(found), got=repr(section))
    return found[section]


def read_questions(path: Path) -> dict[str, list[Question]]:
    """The questions of a file by section: four words on each line, headings begin with a colon.

    Without a heading the file's name is the section's. Raises DataBroken, naming it, for any other line.
    """
    found, section = defaultdict(list), path.stem
    for line in lines(path):
        words = tuple(line.lower().split())
        if line.startswith(":"):
            section = line[1:].strip()
        elif len(words) == 4:
            found[section].append(words)
        else:
            raise _broken(path, "four words on each line, or a colon and a heading", repr(line[:80]), "fetch it again")
    return dict(found)


def download_words() -> tuple[Path, Path]:
    """Fetches GloVe 6B (862 MB) and Google's questions into COURSE_DATA and returns their two files.

    What is there is not fetched again; of the archive the vectors of 100 numbers are kept and nothing else. Raises
    DataMissing without network.
    """
    vectors, asked = settings().data / GLOVE, settings().data / QUESTIONS
    if not asked.is_file():
        fetch(QUESTIONS_URL, QUESTIONS_HASH, asked)
    if not vectors.is_file():
        unpack(fetch(GLOVE_URL, GLOVE_HASH, vectors.with_name("glove.6B.zip")), vectors)
    return vectors, asked


def _words(words: tuple[str, ...], vectors: Tensor) -> Words:
    if len(words) != len(vectors):
        raise ValueError(f"{len(words)} words with {len(vectors)} vectors")
    return Words(words, vectors, f"GloVe 6B, {len(words):,} words")


def _broken(path: Path, expected: str, got: object, advice: str) -> DataBroken:
    return DataBroken(f"{path.name} cannot be read.", expected=f"{expected}, at {path}", got=str(got), advice=advice)

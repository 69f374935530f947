"""text8: seventeen million words of Wikipedia in small letters, for skip-gram in `full`.

Mahoney, About the Test Data, of the Large Text Compression Benchmark: the first 100 million characters of the English
Wikipedia's text of March 2006, without tables, markup and punctuation; numbers are spelled out digit by digit, and
between two words stands one space.
"""

import re
from array import array
from pathlib import Path

import numpy as np
import torch

from course_lib.data.tinytalk import END, Corpus
from course_lib.download import fetch, missing, unpack
from course_lib.errors import DataBroken
from course_lib.settings import settings

TEXT8 = Path("words", "text8")
TEXT8_URL = "http://mattmahoney.net/dc/text8.zip"
TEXT8_HASH = "sha256:a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232"
BLOCK = 1 << 20  # characters that are read at a time: a list of all words would take a gigabyte


def text8(least: int = 5) -> Corpus:
    """The whole text as one sentence, in the words that occur at least so often; the most frequent come first.

    Rarer words are taken out, so that their neighbours come together, as word2vec does it. COURSE_DATA holds it as
    words/text8 ("course data text8" fetches it); COURSE_LIMIT counts images and bounds no words. Raises DataMissing
    where it is not there, DataBroken for another file.
    """
    path = settings().data / TEXT8
    if not path.is_file():
        raise missing("The text text8", [path], "course data text8")
    return read_text8(path, least)


def read_text8(path: Path, least: int = 5) -> Corpus:
    """The words of a file of this form, as `text8` gives them; equally frequent ones in the order of their first use.

    Raises DataBroken, naming the file, for a character that is neither a small letter nor a space, and where no word
    is left.
    """
    numbers: dict[str, int] = {}
    tokens, rest = array("i"), ""
    with open(path, encoding="latin-1") as text:
        while block := text.read(BLOCK):
            if stranger := re.search("[^a-z ]", block):
                raise _broken(path, repr(stranger[0]))
            *whole, rest = (rest + block).split(" ")
            tokens.extend(numbers.setdefault(word, len(numbers)) for word in whole if word)
    tokens.extend(numbers.setdefault(word, len(numbers)) for word in [rest] if word)
    counts = np.bincount(tokens, minlength=1)
    order = np.argsort(-counts, kind="stable")
    frequent = order[counts[order] >= max(least, 1)]
    if not len(frequent):
        raise _broken(path, f"none, of {len(numbers)} words")
    place = np.full(len(counts), END)
    place[frequent] = np.arange(len(frequent))
    kept = place[tokens]
    words = tuple(numbers)
    return Corpus(
        tuple(words[number] for number in frequent), torch.from_numpy(np.append(kept[kept != END], END)).long()
    )


def download_text8() -> Path:
    """Fetches text8 (31 MB) into COURSE_DATA, unpacks its 100 MB there and returns the file.

    What is there is not fetched again. Raises DataMissing without network.
    """
    path = settings().data / TEXT8
    if not path.is_file():
        unpack(fetch(TEXT8_URL, TEXT8_HASH, path.with_name("text8.zip")), path)
    return path


def _broken(path: Path, got: str) -> DataBroken:
    expected = f"words in small letters with spaces between, often enough to be kept, at {path}"
    advice = "delete it and run 'course data text8' again"
    return DataBroken(f"{path.name} cannot be read.", expected=expected, got=got, advice=advice)

"""Cells are counted as the style guide counts them."""

import pytest

from tools.build.lengths import code_lines, prose_words

FUNCTION = '''def double(x):
    """Twice x.

    At length.
    """

    ### BEGIN SOLUTION
    y = x + x
    return y
    ### END SOLUTION
'''


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", 0),
        ("x = 1\n\ny = 2", 2),
        ("%matplotlib inline\n!ls\nx = 1", 3),
        ("x = '''a\nb'''", 2),
        ("# a comment\nx = 1", 2),
        (FUNCTION, 3),
        (FUNCTION.replace("(x)", "(\n    x,\n)"), 3),
        ("def double(\n    x,\n):\n    # twice\n    return x + x", 3),
        ("class Twice(\n    Base,\n):\n    factor = 2", 2),
        ("@cache\ndef double(\n    x,\n):\n    return x + x", 3),
        ("y = double(\n    x,\n)", 3),
    ],
)
def test_code_is_counted_without_docstrings_and_blank_lines(source, lines):
    assert code_lines(source) == lines


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("# A heading of five words\n\nThree words here.", 3),
        ("| a | table |\n|---|---|\n| 1 | 2 |", 0),
        ("We see $x + y = z$ and\n$$a = b$$\nmore.", 4),
        ("<details><summary>Hint</summary>\n\nmany words\n</details>\n\nOne", 1),
        ("Why? (4 points)\n\n### BEGIN MARK SCHEME\nmany words\n### END MARK SCHEME", 2),
        ("See [the paper](https://example.org/some/path) now", 4),
        ("- one\n- two **bold** `code` 25 × 25", 3),
    ],
)
def test_prose_is_counted_without_what_is_no_running_text(source, words):
    assert prose_words(source) == words

"""What is said of an answer to a hidden question holds no value that the student's code could have put there."""

import pytest

from autograder.exam.unsaid import bare, of_type

SHAPE = "Expected a tensor of shape (3, 128, 128)"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (f"{SHAPE}, got a tensor of shape (128, 128, 3).", None),
        (f"{SHAPE}, got None. Is there a `return`?", None),
        (f"{SHAPE}, got a list of 12.", None),
        (f"{SHAPE}, got a list of 374.", f"{SHAPE}, got something else."),
        (f"{SHAPE}, got a tensor of shape (374, 128).", f"{SHAPE}, got a tensor of another shape."),
        (f"{SHAPE}, got int 128374.", f"{SHAPE}, got a value of type int."),
        (f"{SHAPE}, got float 3.25.", f"{SHAPE}, got a value of type float."),
        (f"{SHAPE}, got str tensor([[3., 5.]]), got a list of 2.", f"{SHAPE}, got a value of type str."),
        (
            "Expected a list of pairs; the list holds (str 'dog', float 0.33).",
            "Expected a list of pairs, got something else.",
        ),
        ("The answer has another form than asked for (KeyError).", None),
        ("The answer has another form than asked for: 0.374", "The answer has another form than asked for."),
    ],
)
def test_of_a_wrong_type_numbers_pass_where_they_are_small_or_were_wanted(message, said):
    assert of_type(message) == (said or message)


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("Expected a function, got int 3.", None),
        ("Expected a function, got float 3.25.", ""),
        ("Expected the arguments (boxes, scores), your function takes (boxes).", None),
        (
            "Expected the arguments (a, b), your function takes (a, t=0.374, u='x 374').",
            "Expected the arguments (a, b), your function takes (a, t=…, u=…).",
        ),
        ("Expected the arguments (a, b), your function takes (a, t=f(3.74)).", ""),
    ],
)
def test_of_a_note_words_pass_and_no_default(note, said):
    assert bare(note) == (note if said is None else said)

"""Unit 08: wrong versions of `analogy`."""

from torch.nn.functional import normalize

from autograder.misconceptions import wrong
from autograder.misconceptions.embeddings.shared import (
    A_REMAINS,
    ALWAYS_EXCLUDED,
    EXCLUDE_TURNED,
    NO_SPELLING,
    NOT_EXCLUDED,
    ONLY_A_AND_B,
    ONLY_C,
    QUESTION,
    WORDS_REMOVED,
    ZERO_NAN,
    answered,
    best,
    products,
    sums,
    words_and_rows,
)


@wrong("analogy", "wrong-way", "You walk the wrong way. From a to b is b - a, and this step begins in c.")
def wrong_way(vectors, a, b, c, exclude):
    return answered(sums, vectors, (a, b, c), QUESTION if exclude else (), (1, 0, 2))


@wrong("analogy", "c-subtracted", "You subtract c and add a. The step from a to b begins in c: b - a + c.")
def c_subtracted(vectors, a, b, c, exclude):
    return answered(sums, vectors, (a, b, c), QUESTION if exclude else (), (2, 1, 0))


@wrong("analogy", "all-added", "You add all three words. What a has and b has not must go: a is subtracted.")
def all_added(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    unit = normalize(table, dim=1)
    return best(words, unit @ unit[rows].sum(dim=0), rows if exclude else [])


@wrong("analogy", "not-excluded", NOT_EXCLUDED)
def not_excluded(vectors, a, b, c, exclude):
    return answered(sums, vectors, (a, b, c), ())


@wrong("analogy", "only-c", ONLY_C)
def only_c(vectors, a, b, c, exclude):
    return answered(sums, vectors, (a, b, c), (2,) if exclude else ())


@wrong("analogy", "a-remains", A_REMAINS, slip=True)
def a_remains(vectors, a, b, c, exclude):
    return answered(sums, vectors, (a, b, c), (1, 2) if exclude else ())


@wrong("analogy", "only-a-and-b", ONLY_A_AND_B)
def only_a_and_b(vectors, a, b, c, exclude):
    return answered(sums, vectors, (a, b, c), (0, 1) if exclude else ())


@wrong("analogy", "always-excluded", ALWAYS_EXCLUDED)
def always_excluded(vectors, a, b, c, exclude):
    return answered(sums, vectors, (a, b, c), QUESTION)


@wrong("analogy", "exclude-turned", EXCLUDE_TURNED)
def exclude_turned(vectors, a, b, c, exclude):
    return answered(sums, vectors, (a, b, c), () if exclude else QUESTION)


@wrong(
    "analogy",
    "left-out-is-zero",
    "You give the question's words the score 0. Where all other cosines are below 0, one of them still wins.",
    slip=True,
)
def left_out_is_zero(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    scores = sums(table, rows)
    scores[rows if exclude else []] = 0.0
    return words[int(scores.argmax())]


@wrong(
    "analogy",
    "second-best",
    "You take the second-best word. Several words of the question can be ahead of the answer, or none.",
)
def second_best(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return words[int(sums(table, rows).argsort(descending=True)[1 if exclude else 0])]


@wrong("analogy", "not-normalised", "You take the vectors as long as they are. Long ones pull the sum their way.")
def not_normalised(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    a, b, c = table[rows]
    return best(words, table @ (b - a + c), rows if exclude else [])


@wrong(
    "analogy",
    "raw-question",
    "You add a, b and c as long as they are: long ones pull the sum their way. Make each as long as 1 first.",
)
def raw_question(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    a, b, c = table[rows]
    return best(words, normalize(table, dim=1) @ (b - a + c), rows if exclude else [])


@wrong(
    "analogy",
    "raw-table",
    "Your sum is right, but the words that you compare with it are as long as they are: the longest ones win. Take the "
    "cosine.",
)
def raw_table(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    a, b, c = normalize(table[rows], dim=1)
    return best(words, table @ (b - a + c), rows if exclude else [])


@wrong("analogy", "euclidean", "You take the nearest word by its distance. Directions are asked for: take the cosine.")
def euclidean(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    a, b, c = table[rows]
    return best(words, -(table - (b - a + c)).norm(dim=1), rows if exclude else [])


@wrong("analogy", "only-b", "You take the word nearest to b. Where is the step that leads away from a, and where is c?")
def only_b(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    unit = normalize(table, dim=1)
    return best(words, unit @ unit[rows[1]], rows if exclude else [])


@wrong("analogy", "multiplied", "You multiply and divide the cosines. That is the next function; here they are added.")
def multiplied(vectors, a, b, c, exclude):
    return answered(products, vectors, (a, b, c), QUESTION if exclude else ())


@wrong("analogy", "zero-nan", ZERO_NAN, slip=True)
def zero_nan(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    unit = table / table.norm(dim=1, keepdim=True)
    a, b, c = unit[rows]
    return best(words, unit @ (b - a + c), rows if exclude else [])


@wrong("analogy", "no-spelling", NO_SPELLING, slip=True)
def no_spelling(vectors, a, b, c, exclude):
    for word in (a, b, c):
        if word not in vectors:
            raise KeyError(word)
    return answered(sums, vectors, (a, b, c), QUESTION if exclude else ())


@wrong("analogy", "words-removed", WORDS_REMOVED, slip=True)
def words_removed(vectors, a, b, c, exclude):
    found = answered(sums, vectors, (a, b, c), QUESTION if exclude else ())
    for word in {a, b, c} if exclude else ():
        del vectors[word]
    return found


@wrong(
    "analogy",
    "scaled-in-place",
    "You change the vectors that you were given: whoever needs their lengths afterwards has lost them.",
    slip=True,
)
def scaled_in_place(vectors, a, b, c, exclude):
    found = answered(sums, vectors, (a, b, c), QUESTION if exclude else ())
    for vector in vectors.values():
        vector /= max(float(vector.norm()), 1e-12)
    return found

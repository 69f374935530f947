"""Unit 08: wrong versions of `analogy`."""

from torch.nn.functional import normalize

from autograder.misconceptions import wrong
from autograder.misconceptions.embeddings.shared import best, products, sums, words_and_rows


@wrong("analogy", "wrong-way", "You walk the wrong way. From a to b is b - a, and this step begins in c.")
def wrong_way(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, sums(table, [rows[1], rows[0], rows[2]]), rows if exclude else [])


@wrong("analogy", "c-subtracted", "You subtract c and add a. The step from a to b begins in c: b - a + c.")
def c_subtracted(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, sums(table, [rows[2], rows[1], rows[0]]), rows if exclude else [])


@wrong("analogy", "all-added", "You add all three words. What a has and b has not must go: a is subtracted.")
def all_added(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    unit = normalize(table, dim=1)
    return best(words, unit @ unit[rows].sum(dim=0), rows if exclude else [])


@wrong(
    "analogy",
    "not-excluded",
    "You never leave words out. With `exclude=True` the answer may be none of the three words of the question.",
)
def not_excluded(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, sums(table, rows), [])


@wrong("analogy", "only-c", "You leave out c alone. b can still win: all three words of the question must go.")
def only_c(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, sums(table, rows), rows[2:] if exclude else [])


@wrong(
    "analogy",
    "a-remains",
    "You leave out b and c alone. a can win where the three are near together: all three words must go.",
    slip=True,
)
def a_remains(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, sums(table, rows), rows[1:] if exclude else [])


@wrong(
    "analogy",
    "only-a-and-b",
    "You leave out a and b alone. c is often the nearest word of all: all three words of the question must go.",
)
def only_a_and_b(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, sums(table, rows), rows[:2] if exclude else [])


@wrong(
    "analogy",
    "always-excluded",
    "You leave the question's words out although `exclude=False`. Then they may be the answer: that is what we want to "
    "see.",
)
def always_excluded(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, sums(table, rows), rows)


@wrong(
    "analogy",
    "exclude-turned",
    "You leave the words out where they may be the answer, and keep them where they may not.",
)
def exclude_turned(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, sums(table, rows), [] if exclude else rows)


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
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, products(table, rows), rows if exclude else [])


@wrong(
    "analogy",
    "zero-nan",
    "A vector of zeros becomes NaN: 0 / 0. Its cosine is 0 by definition here.",
    slip=True,
)
def zero_nan(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    unit = table / table.norm(dim=1, keepdim=True)
    a, b, c = unit[rows]
    return best(words, unit @ (b - a + c), rows if exclude else [])


@wrong(
    "analogy",
    "no-spelling",
    "A word without a vector ends in an error that names no word of a near spelling. `vector_of` does.",
    slip=True,
)
def no_spelling(vectors, a, b, c, exclude):
    for word in (a, b, c):
        if word not in vectors:
            raise KeyError(word)
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, sums(table, rows), rows if exclude else [])


@wrong(
    "analogy",
    "words-removed",
    "You take the question's words out of `vectors` itself: they are missing in the next question.",
    slip=True,
)
def words_removed(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    for word in {a, b, c} if exclude else ():
        del vectors[word]
    return best(words, sums(table, rows), rows if exclude else [])


@wrong(
    "analogy",
    "scaled-in-place",
    "You change the vectors that you were given: whoever needs their lengths afterwards has lost them.",
    slip=True,
)
def scaled_in_place(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    for vector in vectors.values():
        vector /= max(float(vector.norm()), 1e-12)
    return best(words, sums(table, rows), rows if exclude else [])

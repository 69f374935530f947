"""Unit 08: wrong versions of `analogy_mul`."""

from torch.nn.functional import normalize

from autograder.misconceptions import wrong
from autograder.misconceptions.embeddings.shared import best, nearness, products, sums, words_and_rows


@wrong(
    "analogy_mul",
    "unshifted",
    "You multiply the cosines as they are: two negative ones make a positive product. Shift each to [0, 1] first.",
)
def unshifted(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    unit = normalize(table, dim=1)
    away, end, other = (unit @ unit[rows].T).unbind(dim=1)
    return best(words, end * other / (away + 0.001), rows if exclude else [])


@wrong("analogy_mul", "roles", "a stands above the line in your score. It belongs below: the answer is far from a.")
def roles(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, products(table, [rows[1], rows[0], rows[2]]), rows if exclude else [])


@wrong("analogy_mul", "c-below", "c stands below the line in your score, and a above it. The answer is near to c.")
def c_below(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, products(table, [rows[2], rows[1], rows[0]]), rows if exclude else [])


@wrong("analogy_mul", "product-only", "The division by the nearness to a is missing.")
def product_only(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    _, end, other = nearness(table, rows)
    return best(words, end * other, rows if exclude else [])


@wrong("analogy_mul", "all-multiplied", "You multiply by the nearness to a. It belongs below the line: divide by it.")
def all_multiplied(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    away, end, other = nearness(table, rows)
    return best(words, away * end * other, rows if exclude else [])


@wrong("analogy_mul", "c-missing", "c is missing in your score. The answer is near to b **and** near to c.")
def c_missing(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    away, end, _ = nearness(table, rows)
    return best(words, end / (away + 0.001), rows if exclude else [])


@wrong("analogy_mul", "additive", "This is the rule before, which adds. Here the shifted cosines are multiplied.")
def additive(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, sums(table, rows), rows if exclude else [])


@wrong(
    "analogy_mul",
    "no-eps",
    "Without the 0.001 you divide by 0 for a vector opposite to a, and 0 / 0 is no number.",
)
def no_eps(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    away, end, other = nearness(table, rows)
    return best(words, end * other / away, rows if exclude else [])


@wrong(
    "analogy_mul",
    "not-excluded",
    "You never leave words out. With `exclude=True` the answer may be none of the three words of the question.",
)
def not_excluded(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, products(table, rows), [])


@wrong("analogy_mul", "only-c", "You leave out c alone. b can still win: all three words of the question must go.")
def only_c(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, products(table, rows), rows[2:] if exclude else [])


@wrong(
    "analogy_mul",
    "a-remains",
    "You leave out b and c alone. a can win where the three are near together: all three words must go.",
    slip=True,
)
def a_remains(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, products(table, rows), rows[1:] if exclude else [])


@wrong(
    "analogy_mul",
    "only-a-and-b",
    "You leave out a and b alone. c is often the nearest word of all: all three words of the question must go.",
)
def only_a_and_b(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, products(table, rows), rows[:2] if exclude else [])


@wrong(
    "analogy_mul",
    "always-excluded",
    "You leave the question's words out although `exclude=False`. Then they may be the answer: that is what we want to "
    "see.",
)
def always_excluded(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, products(table, rows), rows)


@wrong(
    "analogy_mul",
    "exclude-turned",
    "You leave the words out where they may be the answer, and keep them where they may not.",
)
def exclude_turned(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, products(table, rows), [] if exclude else rows)


@wrong(
    "analogy_mul",
    "dot-products",
    "You shift and multiply dot products of vectors that are as long as they are. Cosines are asked for.",
)
def dot_products(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    away, end, other = ((table @ table[rows].T + 1) / 2).unbind(dim=1)
    return best(words, end * other / (away + 0.001), rows if exclude else [])


@wrong(
    "analogy_mul",
    "clamped",
    "You set negative cosines to 0. Shift all of them, (cos + 1) / 2: then even far words keep their order.",
)
def clamped(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    unit = normalize(table, dim=1)
    away, end, other = (unit @ unit[rows].T).clamp(min=0).unbind(dim=1)
    return best(words, end * other / (away + 0.001), rows if exclude else [])


@wrong(
    "analogy_mul",
    "zero-nan",
    "A vector of zeros becomes NaN: 0 / 0. Its cosine is 0 by definition here.",
    slip=True,
)
def zero_nan(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    unit = table / table.norm(dim=1, keepdim=True)
    away, end, other = ((unit @ unit[rows].T + 1) / 2).unbind(dim=1)
    return best(words, end * other / (away + 0.001), rows if exclude else [])


@wrong(
    "analogy_mul",
    "no-spelling",
    "A word without a vector ends in an error that names no word of a near spelling. `vector_of` does.",
    slip=True,
)
def no_spelling(vectors, a, b, c, exclude):
    for word in (a, b, c):
        if word not in vectors:
            raise KeyError(word)
    words, table, rows = words_and_rows(vectors, (a, b, c))
    return best(words, products(table, rows), rows if exclude else [])


@wrong(
    "analogy_mul",
    "words-removed",
    "You take the question's words out of `vectors` itself: they are missing in the next question.",
    slip=True,
)
def words_removed(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    for word in {a, b, c} if exclude else ():
        del vectors[word]
    return best(words, products(table, rows), rows if exclude else [])

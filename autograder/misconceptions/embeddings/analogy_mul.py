"""Unit 08: wrong versions of `analogy_mul`."""

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
    nearness,
    products,
    sums,
    words_and_rows,
)


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
    return answered(products, vectors, (a, b, c), QUESTION if exclude else (), (1, 0, 2))


@wrong("analogy_mul", "c-below", "c stands below the line in your score, and a above it. The answer is near to c.")
def c_below(vectors, a, b, c, exclude):
    return answered(products, vectors, (a, b, c), QUESTION if exclude else (), (2, 1, 0))


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
    return answered(sums, vectors, (a, b, c), QUESTION if exclude else ())


@wrong(
    "analogy_mul",
    "no-eps",
    "Without the 0.001 you divide by 0 for a vector opposite to a, and 0 / 0 is no number.",
)
def no_eps(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    away, end, other = nearness(table, rows)
    return best(words, end * other / away, rows if exclude else [])


@wrong("analogy_mul", "not-excluded", NOT_EXCLUDED)
def not_excluded(vectors, a, b, c, exclude):
    return answered(products, vectors, (a, b, c), ())


@wrong("analogy_mul", "only-c", ONLY_C)
def only_c(vectors, a, b, c, exclude):
    return answered(products, vectors, (a, b, c), (2,) if exclude else ())


@wrong("analogy_mul", "a-remains", A_REMAINS, slip=True)
def a_remains(vectors, a, b, c, exclude):
    return answered(products, vectors, (a, b, c), (1, 2) if exclude else ())


@wrong("analogy_mul", "only-a-and-b", ONLY_A_AND_B)
def only_a_and_b(vectors, a, b, c, exclude):
    return answered(products, vectors, (a, b, c), (0, 1) if exclude else ())


@wrong("analogy_mul", "always-excluded", ALWAYS_EXCLUDED)
def always_excluded(vectors, a, b, c, exclude):
    return answered(products, vectors, (a, b, c), QUESTION)


@wrong("analogy_mul", "exclude-turned", EXCLUDE_TURNED)
def exclude_turned(vectors, a, b, c, exclude):
    return answered(products, vectors, (a, b, c), () if exclude else QUESTION)


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


@wrong("analogy_mul", "zero-nan", ZERO_NAN, slip=True)
def zero_nan(vectors, a, b, c, exclude):
    words, table, rows = words_and_rows(vectors, (a, b, c))
    unit = table / table.norm(dim=1, keepdim=True)
    away, end, other = ((unit @ unit[rows].T + 1) / 2).unbind(dim=1)
    return best(words, end * other / (away + 0.001), rows if exclude else [])


@wrong("analogy_mul", "no-spelling", NO_SPELLING, slip=True)
def no_spelling(vectors, a, b, c, exclude):
    for word in (a, b, c):
        if word not in vectors:
            raise KeyError(word)
    return answered(products, vectors, (a, b, c), QUESTION if exclude else ())


@wrong("analogy_mul", "words-removed", WORDS_REMOVED, slip=True)
def words_removed(vectors, a, b, c, exclude):
    found = answered(products, vectors, (a, b, c), QUESTION if exclude else ())
    for word in {a, b, c} if exclude else ():
        del vectors[word]
    return found

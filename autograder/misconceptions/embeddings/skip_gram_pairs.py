"""Unit 08: wrong versions of `skip_gram_pairs`."""

import torch

from autograder.misconceptions import wrong


def _reaches(tokens, window, rng):
    return torch.randint(1, window + 1, (len(tokens),), generator=rng).tolist()


def _pairs(tokens, reaches, sides=(-1, 1), ends=True, first=1, equal=True, of_context=False):
    """Pairs, word by word; each flag is one rule."""
    words, found = tokens.tolist(), []
    for i, center in enumerate(words):
        for side in sides:
            for apart in range(first, max([0, *reaches]) + 1):
                j = i + side * apart
                if not 0 <= j < len(words) or (words[j] == -1 and ends):
                    break
                if apart <= reaches[j if of_context else i] and -1 not in (center, words[j]):
                    found += [(center, words[j])] if equal or words[j] != center else []
    return torch.tensor(found, dtype=torch.long).reshape(-1, 2)


@wrong("skip_gram_pairs", "self", "A word is not its own context. Start one place beside the centre.")
def self_too(tokens, window, rng):
    words = tokens[tokens >= 0]
    pairs = _pairs(tokens, _reaches(tokens, window, rng))
    return torch.cat([pairs, torch.stack([words, words], dim=1)])


@wrong("skip_gram_pairs", "right-only", "You look to the right alone. The words on the left of a centre count, too.")
def right_only(tokens, window, rng):
    return _pairs(tokens, _reaches(tokens, window, rng), sides=(1,))


@wrong("skip_gram_pairs", "left-only", "You look to the left alone. The words on the right of a centre count, too.")
def left_only(tokens, window, rng):
    return _pairs(tokens, _reaches(tokens, window, rng), sides=(-1,))


@wrong(
    "skip_gram_pairs",
    "full-window",
    "You always take the full window. That is skip-gram without word2vec's step: it draws the reach anew for each "
    "centre, so that near words count more.",
)
def full_window(tokens, window, rng):
    return _pairs(tokens, [window] * len(tokens))


@wrong("skip_gram_pairs", "from-zero", "Your reach can be 0, and it is never the full window.")
def from_zero(tokens, window, rng):
    return _pairs(tokens, torch.randint(0, window, (len(tokens),), generator=rng).tolist())


@wrong("skip_gram_pairs", "never-full", "Your reach is never the full window: `randint` leaves its upper end out.")
def never_full(tokens, window, rng):
    return _pairs(tokens, torch.randint(1, max(2, window), (len(tokens),), generator=rng).tolist())


@wrong("skip_gram_pairs", "zero-too", "Your reach can be 0. Then a centre has no context; the least reach is 1.")
def zero_too(tokens, window, rng):
    return _pairs(tokens, torch.randint(0, window + 1, (len(tokens),), generator=rng).tolist())


@wrong("skip_gram_pairs", "one-reach", "You draw one reach for the whole text. Each centre has its own.")
def one_reach(tokens, window, rng):
    reach = int(torch.randint(1, window + 1, (1,), generator=rng))
    return _pairs(tokens, [reach] * len(tokens))


@wrong(
    "skip_gram_pairs",
    "by-context",
    "The reach of the second word decides in your pairs. The first word is the centre, and it looks so far around.",
)
def by_context(tokens, window, rng):
    return _pairs(tokens, _reaches(tokens, window, rng), of_context=True)


@wrong(
    "skip_gram_pairs",
    "across-sentences",
    "Your pairs go over the end of a sentence. The next sentence is no context.",
)
def across_sentences(tokens, window, rng):
    return _pairs(tokens, _reaches(tokens, window, rng), ends=False)


@wrong(
    "skip_gram_pairs",
    "ends-dropped",
    "You take the ends out of the text first; then two sentences are one. No pair goes from one into the next.",
)
def ends_dropped(tokens, window, rng):
    words = tokens[tokens >= 0]
    return _pairs(words, _reaches(words, window, rng))


@wrong("skip_gram_pairs", "end-as-word", "You take the end of a sentence, -1, for a word. It is none.")
def end_as_word(tokens, window, rng):
    words, reaches, found = tokens.tolist(), _reaches(tokens, window, rng), []
    for i, center in enumerate(words):
        near = range(max(0, i - reaches[i]), min(len(words), i + reaches[i] + 1))
        found += [(center, words[j]) for j in near if j != i]
    return torch.tensor(found, dtype=torch.long).reshape(-1, 2)


@wrong(
    "skip_gram_pairs",
    "equal-words-dropped",
    "“very, very”: the same word at another place does count. Leave out the place of the centre, not its word.",
)
def equal_words_dropped(tokens, window, rng):
    return _pairs(tokens, _reaches(tokens, window, rng), equal=False)


@wrong("skip_gram_pairs", "once", "You keep each pair once. A pair that comes often in the text counts as often.")
def once(tokens, window, rng):
    return _pairs(tokens, _reaches(tokens, window, rng)).unique(dim=0)


@wrong(
    "skip_gram_pairs",
    "global-rng",
    "Your reaches come from the global generator and do not follow `rng`: the draw cannot be repeated.",
)
def global_rng(tokens, window, rng):
    return _pairs(tokens, torch.randint(1, window + 1, (len(tokens),)).tolist())


@wrong(
    "skip_gram_pairs",
    "fixed-seed",
    "A fixed seed inside of your function draws the same pairs in each pass. Use `rng` as it is.",
)
def fixed_seed(tokens, window, rng):
    return _pairs(tokens, _reaches(tokens, window, torch.Generator().manual_seed(0)))


@wrong(
    "skip_gram_pairs",
    "seed-only",
    "You start again from the generator's seed: two passes with one generator draw the same. Use `rng` itself.",
)
def seed_only(tokens, window, rng):
    return _pairs(tokens, _reaches(tokens, window, torch.Generator().manual_seed(rng.initial_seed())))


@wrong(
    "skip_gram_pairs",
    "flat-when-empty",
    "Without any pair your table has no columns. It has two, and no row: give it its shape.",
    slip=True,
)
def flat_when_empty(tokens, window, rng):
    pairs = _pairs(tokens, _reaches(tokens, window, rng))
    return pairs if len(pairs) else torch.tensor([], dtype=torch.long)

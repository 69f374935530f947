"""Unit 09: wrong versions of `top_k_tags`."""

from autograder.misconceptions import wrong


def _refuse(names, logits):
    if len(names) != len(logits):
        raise ValueError("a name for each logit")


def _ranked(scores, names, k):
    """The k largest scores with their names."""
    values, order = scores.topk(min(k, len(scores)))
    return [(names[i], value) for value, i in zip(values.tolist(), order.tolist(), strict=True)]


@wrong("top_k_tags", "logit-threshold", "You hold the logits to the threshold. A logit is not a probability.")
def logit_threshold(logits, names, k, min_confidence):
    _refuse(names, logits)
    sure = {name for name, logit in zip(names, logits.tolist(), strict=True) if logit >= min_confidence}
    return [tag for tag in _ranked(logits.softmax(dim=0), names, k) if tag[0] in sure]


@wrong(
    "top_k_tags",
    "late-softmax",
    "You share out the probability among the k likeliest only: these always look sure. Divide by the sum over all.",
)
def late_softmax(logits, names, k, min_confidence):
    _refuse(names, logits)
    values, order = logits.topk(min(k, len(logits)))
    tags = zip(order.tolist(), values.softmax(dim=0).tolist(), strict=True)
    return [(names[i], p) for i, p in tags if p >= min_confidence]


@wrong(
    "top_k_tags",
    "late-division",
    "You divide by the sum of the tags that are left. A probability is its share of all classes.",
)
def late_division(logits, names, k, min_confidence):
    _refuse(names, logits)
    tags = [tag for tag in _ranked(logits.softmax(dim=0), names, k) if tag[1] >= min_confidence]
    total = sum(p for _, p in tags)
    return [(name, p / total) for name, p in tags]


@wrong("top_k_tags", "never-silent", "You always return a tag. A service must be able to say nothing.")
def never_silent(logits, names, k, min_confidence):
    _refuse(names, logits)
    tags = _ranked(logits.softmax(dim=0), names, k)
    return [tag for tag in tags if tag[1] >= min_confidence] or tags[:1]


@wrong("top_k_tags", "rising", "Your tags rise. The most certain comes first.")
def rising(logits, names, k, min_confidence):
    _refuse(names, logits)
    return [tag for tag in _ranked(logits.softmax(dim=0), names, k) if tag[1] >= min_confidence][::-1]


@wrong("top_k_tags", "unsorted", "Your tags stand in the order of the names. The most certain comes first.")
def unsorted(logits, names, k, min_confidence):
    _refuse(names, logits)
    chosen = dict(tag for tag in _ranked(logits.softmax(dim=0), names, k) if tag[1] >= min_confidence)
    return [(name, chosen[name]) for name in names if name in chosen]


@wrong(
    "top_k_tags",
    "independent",
    "You ask each class by itself, with a sigmoid. These classes exclude each other: softmax.",
)
def independent(logits, names, k, min_confidence):
    _refuse(names, logits)
    return [tag for tag in _ranked(logits.sigmoid(), names, k) if tag[1] >= min_confidence]


@wrong(
    "top_k_tags",
    "overflow",
    "e to the power of a large logit is infinite, and infinity divided by infinity is NaN: subtract the maximum first.",
)
def overflow(logits, names, k, min_confidence):
    _refuse(names, logits)
    return [tag for tag in _ranked(logits.exp() / logits.exp().sum(), names, k) if tag[1] >= min_confidence]


@wrong("top_k_tags", "no-threshold", "You return k tags, however unsure they are. Drop those below `min_confidence`.")
def no_threshold(logits, names, k, min_confidence):
    _refuse(names, logits)
    return _ranked(logits.softmax(dim=0), names, k)


@wrong("top_k_tags", "no-limit", "You return every class that is sure enough. At most k are asked for.")
def no_limit(logits, names, k, min_confidence):
    _refuse(names, logits)
    return [tag for tag in _ranked(logits.softmax(dim=0), names, len(names)) if tag[1] >= min_confidence]


@wrong(
    "top_k_tags",
    "all-or-nothing",
    "You ask only whether the first tag is sure enough. Each tag must be, or it is dropped.",
)
def all_or_nothing(logits, names, k, min_confidence):
    _refuse(names, logits)
    tags = _ranked(logits.softmax(dim=0), names, k)
    return tags if tags[0][1] >= min_confidence else []


@wrong(
    "top_k_tags",
    "together",
    "You add up probabilities until the sum reaches the threshold. Each tag is held to it by itself.",
)
def together(logits, names, k, min_confidence):
    _refuse(names, logits)
    tags, total = [], 0.0
    for name, p in _ranked(logits.softmax(dim=0), names, k):
        if total >= min_confidence:
            break
        tags.append((name, p))
        total += p
    return tags


@wrong(
    "top_k_tags",
    "relative",
    "You give the probability as a share of the largest one. Then the first tag is always quite sure.",
)
def relative(logits, names, k, min_confidence):
    _refuse(names, logits)
    probs = logits.softmax(dim=0)
    return [tag for tag in _ranked(probs / probs.max(), names, k) if tag[1] >= min_confidence]


@wrong("top_k_tags", "percent", "You give percent. A probability is a number from 0 to 1.")
def percent(logits, names, k, min_confidence):
    _refuse(names, logits)
    return [(name, 100 * p) for name, p in _ranked(logits.softmax(dim=0), names, k) if p >= min_confidence]


@wrong("top_k_tags", "with-logits", "Your tags have the right names, but with their logits. Give the probabilities.")
def with_logits(logits, names, k, min_confidence):
    _refuse(names, logits)
    sure = [name for name, p in _ranked(logits.softmax(dim=0), names, k) if p >= min_confidence]
    return [tag for tag in _ranked(logits, names, k) if tag[0] in sure]


@wrong("top_k_tags", "rounded", "You round the probabilities. Whoever reads them may round, the service does not.")
def rounded(logits, names, k, min_confidence):
    _refuse(names, logits)
    tags = _ranked(logits.softmax(dim=0), names, k)
    return [(name, round(p, 2)) for name, p in tags if p >= min_confidence]


ROUNDED_FIRST = (
    "You round the probabilities before you compare them with `min_confidence`: one just below it may pass, and one "
    "just above it fail. Compare first."
)


@wrong("top_k_tags", "rounded-first", ROUNDED_FIRST)
def rounded_first(logits, names, k, min_confidence):
    _refuse(names, logits)
    return [tag for tag in _ranked(logits.softmax(dim=0), names, k) if round(tag[1], 2) >= min_confidence]


@wrong("top_k_tags", "rounded-first, and returned so", ROUNDED_FIRST)
def rounded_throughout(logits, names, k, min_confidence):
    _refuse(names, logits)
    tags = [(name, round(p, 2)) for name, p in _ranked(logits.softmax(dim=0), names, k)]
    return [tag for tag in tags if tag[1] >= min_confidence]


@wrong(
    "top_k_tags",
    "too-few-classes",
    "You ask for k of fewer classes, which is an error. k may be larger than the number of classes.",
    slip=True,
)
def too_few_classes(logits, names, k, min_confidence):
    _refuse(names, logits)
    probs, order = logits.softmax(dim=0).topk(k)
    tags = zip(order.tolist(), probs.tolist(), strict=True)
    return [(names[i], p) for i, p in tags if p >= min_confidence]


@wrong(
    "top_k_tags",
    "any-names",
    "Your function accepts a list of names that is too long or too short. Then every tag may be wrong: raise an error.",
    slip=True,
)
def any_names(logits, names, k, min_confidence):
    tags = zip(names, logits.softmax(dim=0).tolist(), strict=False)
    ranked = sorted(tags, key=lambda tag: tag[1], reverse=True)
    return [tag for tag in ranked[:k] if tag[1] >= min_confidence]

"""Unit 08: wrong versions that lie near a misconception but are another mistake, in a student's own words."""

import torch
from torch.nn import functional as F

from autograder import reference

RIGHT = reference.load("08_embeddings")
RELATIVES = []


def near(check, allowed=""):
    """Collects a version; `allowed` is a misconception whose sentence is true of it, too."""

    def keep(version):
        RELATIVES.append((check, version, allowed))
        return version

    return keep


@near("skip_gram_pairs", "by-context")
def turned(tokens, window, rng):
    """The context first, the centre second."""
    return RIGHT["skip_gram_pairs"](tokens, window, rng).flip(1)


@near("skip_gram_pairs")
def one_further(tokens, window, rng):
    """A window that is larger by one."""
    return RIGHT["skip_gram_pairs"](tokens, window + 1, rng)


@near("skip_gram_pairs")
def both_directions(tokens, window, rng):
    """Each pair and its reverse."""
    pairs = RIGHT["skip_gram_pairs"](tokens, window, rng)
    return torch.cat([pairs, pairs.flip(1)])


@near("skip_gram_pairs")
def the_larger_of_two(tokens, window, rng):
    """The reach is the larger one of two draws."""
    lower, upper = (torch.randint(1, window + 1, (len(tokens),), generator=rng) for _ in range(2))
    found = []
    for i, reach in enumerate(torch.maximum(lower, upper).tolist()):
        for side in (-1, 1):
            for j in range(i + side, i + side * (reach + 1), side):
                if not 0 <= j < len(tokens) or -1 in (tokens[i], tokens[j]):
                    break
                found.append([int(tokens[i]), int(tokens[j])])
    return torch.tensor(found, dtype=torch.long).reshape(-1, 2)


@near("skip_gram_pairs")
def a_reach_for_each_side(tokens, window, rng):
    """Left and right reach are drawn apart."""
    left, right = (torch.randint(1, window + 1, (len(tokens),), generator=rng).tolist() for _ in range(2))
    found = []
    for i in range(len(tokens)):
        for side, reach in ((-1, left[i]), (1, right[i])):
            for j in range(i + side, i + side * (reach + 1), side):
                if not 0 <= j < len(tokens) or -1 in (tokens[i], tokens[j]):
                    break
                found.append([int(tokens[i]), int(tokens[j])])
    return torch.tensor(found, dtype=torch.long).reshape(-1, 2)


@near("skip_gram_pairs")
def furthest_alone(tokens, window, rng):
    """Only the words exactly at the reach."""
    reaches, found = torch.randint(1, window + 1, (len(tokens),), generator=rng).tolist(), []
    for i, reach in enumerate(reaches):
        for j in (i - reach, i + reach):
            between = tokens[min(i, j) : max(i, j) + 1]
            if 0 <= j < len(tokens) and not (between == -1).any():
                found.append([int(tokens[i]), int(tokens[j])])
    return torch.tensor(found, dtype=torch.long).reshape(-1, 2)


@near("noise_distribution")
def square_root(counts, power):
    """Half of the power."""
    return RIGHT["noise_distribution"](counts, power / 2)


@near("noise_distribution")
def one_less(counts, power):
    """1 - power."""
    return RIGHT["noise_distribution"](counts, 1 - power)


@near("noise_distribution")
def rare_first(counts, power):
    """Rare words are the likely ones."""
    weights = torch.where(counts > 0, counts.double().clamp(min=1) ** -power, 0.0)
    return RIGHT["noise_distribution"](counts, power) * 0 + (weights / weights.sum()).float()


@near("noise_distribution")
def ranks(counts, power):
    """Ranks in place of counts."""
    right = RIGHT["noise_distribution"](counts, power)
    weights = (counts.argsort().argsort() + 1.0) ** power * (counts > 0)
    return (weights / weights.sum()).to(right)


@near("negative_sampling_loss")
def halved(center, context, negatives):
    """Half of it."""
    return RIGHT["negative_sampling_loss"](center, context, negatives) / 2


@near("negative_sampling_loss")
def noise_alone(center, context, negatives):
    """Nothing draws the context near."""
    return -F.logsigmoid(-(center[:, None] * negatives).sum(dim=2)).sum(dim=1).mean()


@near("negative_sampling_loss")
def context_alone(center, context, negatives):
    """Nothing pushes the noise away."""
    return -F.logsigmoid((center * context).sum(dim=1)).mean()


@near("negative_sampling_loss")
def first_noise(center, context, negatives):
    """The first noise word alone."""
    return RIGHT["negative_sampling_loss"](center, context, negatives[:, :1])


@near("negative_sampling_loss")
def without_gradient(center, context, negatives):
    """The loss as a plain number."""
    return RIGHT["negative_sampling_loss"](center.detach(), context, negatives)


@near("negative_sampling_loss")
def margin(center, context, negatives):
    """A hinge in place of the logarithm of the sigmoid."""
    true, noise = (center * context).sum(dim=1), (center[:, None] * negatives).sum(dim=2)
    return (F.relu(1 - true) + F.relu(1 + noise).sum(dim=1)).mean()


@near("negative_sampling_loss")
def base_two(center, context, negatives):
    """Logarithms of base 2."""
    return RIGHT["negative_sampling_loss"](center, context, negatives) / torch.tensor(2.0).log()


def asked(vectors, words):
    return [F.normalize(RIGHT["vector_of"](vectors, word), dim=0) for word in words]


def first_of(vectors, scores, words, exclude):
    """The best word."""
    order = scores.argsort(descending=True).tolist()
    return next(word for row in order if (word := list(vectors)[row]) not in (words if exclude else ()))


@near("analogy")
def twice_the_step(vectors, a, b, c, exclude):
    """Two steps from c."""
    start, end, other = asked(vectors, (a, b, c))
    table = F.normalize(torch.stack(list(vectors.values())), dim=1)
    return first_of(vectors, table @ (2 * (end - start) + other), (a, b, c), exclude)


@near("analogy")
def furthest(vectors, a, b, c, exclude):
    """The furthest word."""
    start, end, other = asked(vectors, (a, b, c))
    table = F.normalize(torch.stack(list(vectors.values())), dim=1)
    return first_of(vectors, -(table @ (end - start + other)), (a, b, c), exclude)


@near("analogy")
def from_the_middle(vectors, a, b, c, exclude):
    """The step begins half-way between b and c."""
    start, end, other = asked(vectors, (a, b, c))
    table = F.normalize(torch.stack(list(vectors.values())), dim=1)
    return first_of(vectors, table @ (end - start + (end + other) / 2), (a, b, c), exclude)


@near("analogy")
def direction_alone(vectors, a, b, c, exclude):
    """The word whose difference to c has the direction of b - a."""
    start, end, other = asked(vectors, (a, b, c))
    table = F.normalize(torch.stack(list(vectors.values())), dim=1)
    scores = F.cosine_similarity(table - other, (end - start)[None])
    return first_of(vectors, scores, (a, b, c), exclude)


@near("analogy")
def a_number(vectors, a, b, c, exclude):
    """The row of the word."""
    return list(vectors).index(RIGHT["analogy"](vectors, a, b, c, exclude))


@near("analogy_mul")
def squared(vectors, a, b, c, exclude):
    """The nearness to a is squared."""
    start, end, other = asked(vectors, (a, b, c))
    table = F.normalize(torch.stack(list(vectors.values())), dim=1)
    away, end, other = ((table @ word + 1) / 2 for word in (start, end, other))
    return first_of(vectors, end * other / (away**2 + 0.001), (a, b, c), exclude)


@near("analogy_mul")
def large_eps(vectors, a, b, c, exclude):
    """1 in place of 0.001."""
    start, end, other = asked(vectors, (a, b, c))
    table = F.normalize(torch.stack(list(vectors.values())), dim=1)
    away, end, other = ((table @ word + 1) / 2 for word in (start, end, other))
    return first_of(vectors, end * other / (away + 1), (a, b, c), exclude)


@near("analogy_mul")
def subtracted(vectors, a, b, c, exclude):
    """The nearness to a is subtracted."""
    start, end, other = asked(vectors, (a, b, c))
    table = F.normalize(torch.stack(list(vectors.values())), dim=1)
    away, end, other = ((table @ word + 1) / 2 for word in (start, end, other))
    return first_of(vectors, end * other - away, (a, b, c), exclude)


@near("analogy_mul")
def b_missing(vectors, a, b, c, exclude):
    """b is forgotten."""
    start, _, other = asked(vectors, (a, b, c))
    table = F.normalize(torch.stack(list(vectors.values())), dim=1)
    away, other = ((table @ word + 1) / 2 for word in (start, other))
    return first_of(vectors, other / (away + 0.001), (a, b, c), exclude)


@near("concept_vector")
def halved_difference(latents, has, lacks):
    """Half of the difference."""
    return RIGHT["concept_vector"](latents, has, lacks) / 2


@near("concept_vector")
def last_only(latents, has, lacks):
    """The last latent of each group."""
    RIGHT["concept_vector"](latents, has, lacks)
    return latents[has.bool()][-1] - latents[lacks.bool()][-1]


@near("concept_vector")
def absolute(latents, has, lacks):
    """Without signs."""
    return RIGHT["concept_vector"](latents, has, lacks).abs()


@near("concept_vector")
def mean_of_pairs(latents, has, lacks):
    """Pairs of one latent each, as many as there are."""
    RIGHT["concept_vector"](latents, has, lacks)
    with_it, without = latents[has.bool()], latents[lacks.bool()]
    count = min(len(with_it), len(without))
    return (with_it[:count] - without[:count]).mean(dim=0)


@near("concept_vector")
def one_row(latents, has, lacks):
    """An axis too many."""
    return RIGHT["concept_vector"](latents, has, lacks)[None]


@near("slerp")
def half_the_angle(a, b, t):
    """The angle is halved."""
    return RIGHT["slerp"](a, b, t / 2)


@near("slerp")
def smooth_step(a, b, t):
    """Slow at both ends."""
    return RIGHT["slerp"](a, b, t * t * (3 - 2 * t))


@near("slerp")
def length_of_a(a, b, t):
    """As long as a."""
    return F.normalize(RIGHT["slerp"](a, b, t), dim=0) * a.norm()


@near("slerp")
def cosines_in_place_of_sines(a, b, t):
    """cos for sin."""
    right = RIGHT["slerp"](a, b, t)
    angle = torch.arccos((F.normalize(a, dim=0) @ F.normalize(b, dim=0)).clamp(-1, 1))
    if angle < 1e-3:
        return right
    return torch.cos(t * angle) * a + torch.sin(t * angle) * b


@near("slerp")
def without_b(a, b, t):
    """b is forgotten."""
    return RIGHT["slerp"](a, b, t) - RIGHT["slerp"](0 * a + b, b, t) * t

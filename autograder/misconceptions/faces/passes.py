"""Unit 07: wrong versions of `PKSampler`: how many batches a pass has, and where its chance comes from."""

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.faces.pk_sampler import Parts


@wrong("PKSampler", "same-epoch", "Each epoch is the same. Draw new batches at each pass, from where `rng` stands.")
class SameEpoch(Parts):
    def __iter__(self):
        self.rng.manual_seed(self.rng.initial_seed())
        return super().__iter__()


@wrong("PKSampler", "one-draw", "You draw once per pass: all of its batches are the same. Draw for each batch.")
class OneDraw(Parts):
    def __iter__(self):
        batch = self.batch()
        return iter([batch] * len(self))


@wrong(
    "PKSampler",
    "people-once",
    "You draw the people once per pass: whoever is not among them never meets those who are. Draw them for each batch.",
)
class PeopleOnce(Parts):
    def __iter__(self):
        who = self.who()
        for _ in range(len(self)):
            yield torch.cat([self.some(self.people[one]) for one in who]).tolist()


@wrong(
    "PKSampler",
    "shuffled-again",
    "Your second pass has the batches of the first in another order. Draw new ones at each pass.",
)
class ShuffledAgain(Parts):
    def __iter__(self):
        self.kept = getattr(self, "kept", None) or [self.batch() for _ in range(len(self))]
        return iter([self.kept[i] for i in self.shuffled(len(self.kept))])


@wrong(
    "PKSampler",
    "from-the-seed",
    "You begin anew with the seed of `rng`, wherever it stands: two experiments that share it draw the same.",
)
class FromTheSeed(Parts):
    def __init__(self, labels, P, K, rng):
        super().__init__(labels, P, K, torch.Generator().manual_seed(rng.initial_seed()))


@wrong("PKSampler", "own-chance", "Your batches do not follow `rng`, so nobody can repeat your experiment.")
class OwnChance(Parts):
    def shuffled(self, count):
        return torch.randperm(count)


@wrong(
    "PKSampler",
    "own-generator",
    "Your batches are the same whatever `rng` is. Draw with the generator that you are given.",
)
class OwnGenerator(Parts):
    def __init__(self, labels, P, K, rng):
        super().__init__(labels, P, K, torch.Generator().manual_seed(0))


@wrong("PKSampler", "endless", "Your pass never ends. It has as many batches as `len` says.")
class Endless(Parts):
    def __iter__(self):
        while True:
            yield self.batch()


@wrong("PKSampler", "one-batch", "Your pass ends after one batch. It has as many as `len` says.")
class OneBatch(Parts):
    def __iter__(self):
        yield self.batch()


@wrong(
    "PKSampler",
    "length-of-people",
    "You count the people: each comes once per pass, a usual convention. Here a pass has n // (P * K) batches.",
)
class LengthOfPeople(Parts):
    def __len__(self):
        return max(1, len(self.people) // self.P)


@wrong("PKSampler", "length-of-images", "`len` says how many images there are. Here it is the number of batches.")
class LengthOfImages(Parts):
    def __len__(self):
        return len(self.labels)

    def __iter__(self):
        for _ in range(max(1, len(self) // (self.P * self.K))):
            yield self.batch()


@wrong(
    "PKSampler",
    "rounded-up",
    "You round the number of batches up. It is rounded down, but at least 1.",
)
class RoundedUp(Parts):
    def __len__(self):
        return -(-len(self.labels) // (self.P * self.K))


@wrong(
    "PKSampler",
    "no-batch",
    "With fewer images than a batch has places your pass is empty. It has at least one batch.",
    slip=True,
)
class NoBatch(Parts):
    def __len__(self):
        return len(self.labels) // (self.P * self.K)

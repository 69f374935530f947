"""Unit 07: wrong versions of `PKSampler`: who is in a batch, and with which images."""

import torch

from autograder.misconceptions import wrong


class Parts:
    """A right sampler in small steps, one of which each wrong version does in another way."""

    def __init__(self, labels, P, K, rng):
        labels = labels.cpu()
        self.labels, self.P, self.K, self.rng = labels, P, K, rng
        self.people = [(labels == who).nonzero()[:, 0] for who in labels.unique()]
        self.refuse()

    def refuse(self):
        if len(self.people) < self.P:
            raise ValueError(f"P is {self.P}, but there are only {len(self.people)} people")

    def __len__(self):
        return max(1, len(self.labels) // (self.P * self.K))

    def shuffled(self, count):
        return torch.randperm(count, generator=self.rng)

    def who(self):
        """The people of a batch."""
        return self.shuffled(len(self.people))[: self.P].tolist()

    def some(self, images):
        """K of a person's images."""
        order = images[self.shuffled(len(images))]
        return order.repeat(-(-self.K // len(images)))[: self.K]

    def batch(self):
        return torch.cat([self.some(self.people[who]) for who in self.who()]).tolist()

    def __iter__(self):
        for _ in range(len(self)):
            yield self.batch()


@wrong(
    "PKSampler",
    "plain-batches",
    "Random batches hardly hold two images of one person: there are no positives.",
)
class PlainBatches(Parts):
    def batch(self):
        return self.shuffled(len(self.labels)).repeat(self.P * self.K)[: self.P * self.K].tolist()


@wrong(
    "PKSampler",
    "identity-twice",
    'The same person comes twice in a batch and their images meet as "different" groups.',
)
class IdentityTwice(Parts):
    def who(self):
        return torch.randint(len(self.people), (self.P,), generator=self.rng).tolist()


@wrong(
    "PKSampler",
    "image-twice",
    "An image becomes its own positive: you draw images with repetition though there are enough.",
)
class ImageTwice(Parts):
    def some(self, images):
        return images[torch.randint(len(images), (self.K,), generator=self.rng)]


@wrong("PKSampler", "labels-not-indices", "Yield positions in the data set, not labels.")
class LabelsNotIndices(Parts):
    def batch(self):
        return self.labels[super().batch()].tolist()


@wrong("PKSampler", "positions-within-person", "Your positions count within each person's images, not in `labels`.")
class PositionsWithinPerson(Parts):
    def some(self, images):
        return super().some(torch.arange(len(images)))


CRASHES = "One identity with a single image stops everything."


@wrong("PKSampler", "crash-on-small", CRASHES)
class CrashOnSmall(Parts):
    def some(self, images):
        if len(images) < self.K:
            raise ValueError(f"{len(images)} images are fewer than {self.K}")
        return super().some(images)


@wrong(
    "PKSampler",
    "small-left-out",
    "Whoever has fewer than K images never comes. Let them come, with images repeated.",
)
class SmallLeftOut(Parts):
    def __init__(self, labels, P, K, rng):
        super().__init__(labels, P, K, rng)
        self.people = [images for images in self.people if len(images) >= K] or self.people


@wrong(
    "PKSampler",
    "small-batches",
    "With someone who has fewer than K images your batch is too small. Repeat some of their images.",
)
class SmallBatches(Parts):
    def some(self, images):
        return super().some(images)[: len(images)]


@wrong(
    "PKSampler",
    "small-by-dice",
    "Someone with fewer than K images may come with one of them alone, which is no positive. Let all of them come.",
    slip=True,
)
class SmallByDice(Parts):
    def some(self, images):
        if len(images) >= self.K:
            return super().some(images)
        return images[torch.randint(len(images), (self.K,), generator=self.rng)]


@wrong(
    "PKSampler",
    "first-images",
    "You always take a person's first K images; the others are never seen. Shuffle before you take them.",
)
class FirstImages(Parts):
    def some(self, images):
        return images.repeat(-(-self.K // len(images)))[: self.K]


@wrong(
    "PKSampler",
    "first-people",
    "You always take the first P people; the others are never seen. Shuffle before you take them.",
)
class FirstPeople(Parts):
    def who(self):
        return range(self.P)


@wrong(
    "PKSampler",
    "by-images",
    "Whoever has many images comes more often: you draw people by their images. Everybody is as likely.",
)
class ByImages(Parts):
    def who(self):
        _, whose = self.labels.unique(return_inverse=True)
        order = whose[self.shuffled(len(whose))].tolist()
        return list(dict.fromkeys(order))[: self.P]


@wrong("PKSampler", "exchanged", "You exchange P and K: P people, and K images of each.")
class Exchanged(Parts):
    def __init__(self, labels, P, K, rng):
        super().__init__(labels, K, P, rng)

    def who(self):
        return super().who() if len(self.people) >= self.P else [*range(len(self.people))] * self.P

    def refuse(self):
        if len(self.people) < self.K:
            raise ValueError(f"P is {self.K}, but there are only {len(self.people)} people")


@wrong(
    "PKSampler",
    "no-error",
    "With fewer people than P your batches are too small, and nobody learns of it. Raise a ValueError.",
    slip=True,
)
class NoError(Parts):
    def refuse(self):
        pass

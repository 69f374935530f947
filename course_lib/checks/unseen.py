"""What nobody has seen: the secret stream from which hidden pictures are drawn, in one place for all units.

The exam draws from a secret number (`autograder.secret`) of 256 bits. Each picture gets a key of 128 bits from it, and
all draws of the picture come from that key, so that no table of all pictures can be made at home. Python's own
generator would not do: who reads enough of its numbers off a picture can compute all others, the answer among them.
Those of a `Secret` come from SHAKE-256, which shows nothing of its key and of what else it gives.
"""

import hashlib
from collections.abc import Iterator
from itertools import count

import numpy as np
from jaxtyping import Float64
from numpy.random import Generator

from course_lib.data.tinytown.draws import Draw

KEY = 16  # bytes: 128 bits
BLOCK = 256  # numbers that are hashed at a time
UNIT = 2.0**-53  # a double has 53 bits


class Secret(Draw):
    """A stream of draws as others, from a key in the place of a name: equal keys give equal streams."""

    def __init__(self, key: bytes):
        if len(key) < KEY:
            raise ValueError(f"A key has at least {KEY} bytes, this one has {len(key)}.")
        self.random = _numbers(key).__next__

    def numbers(self, *shape: int) -> Float64[np.ndarray, "..."]:
        """So many numbers in [0, 1)."""
        return np.array([self.random() for _ in range(int(np.prod(shape)))]).reshape(shape)


def _numbers(key: bytes) -> Iterator[float]:
    for number in count():
        block = hashlib.shake_256(key + number.to_bytes(8, "big")).digest(8 * BLOCK)
        yield from ((np.frombuffer(block, ">u8") >> 11) * UNIT).tolist()


def streams(rng: Generator, count: int) -> list[Secret]:
    """So many streams from the stream of a case, each with a key of its own: one for each picture."""
    return [Secret(rng.bytes(KEY)) for _ in range(count)]

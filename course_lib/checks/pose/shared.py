"""Unit 06: joints that are drawn, and disks around them, for several checks."""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.numbers import floats, rounded

Size = tuple[int, int]


def places(rng: Generator, persons: int, joints: int, size: Size) -> Tensor:
    """Joints in a map of so many rows and columns, in eighths of a cell: [persons, joints, 2]."""
    height, width = size
    return rounded(rng.uniform(0, [width, height], (persons, joints, 2)), 8)


def mixed(rng: Generator, persons: int, joints: int) -> Tensor:
    """Which joints are annotated: some are, and some are not."""
    found = torch.as_tensor(rng.uniform(size=(persons, joints)) < 0.6)
    there, missing = rng.permutation(persons * joints)[:2]
    found.view(-1)[int(there)] = True
    found.view(-1)[int(missing)] = False
    return found


def distances(joints: Tensor, size: Size) -> Tensor:
    """From each joint to the centre of each cell: [persons, joints, height, width]."""
    rows, columns = (torch.arange(side, dtype=torch.float64) + 0.5 for side in size)
    x, y = joints.double()[..., None, None].unbind(dim=2)
    return ((columns - x) ** 2 + (rows[:, None] - y) ** 2).sqrt()


def disks(joints: Tensor, size: Size, radius: float) -> Tensor:
    """1 where a cell's centre lies at most so far from the joint."""
    return floats(distances(joints, size) <= radius)

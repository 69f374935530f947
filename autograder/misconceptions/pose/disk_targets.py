"""Unit 06: wrong versions of `disk_targets`."""

import torch

from autograder.misconceptions import wrong


def _known(joints, annotated):
    """Which joints are drawn."""
    return (annotated & joints.isfinite().all(dim=2))[..., None, None]


def _apart(joints, size):
    """The distances of each cell's centre in x and in y: two of [n, j, h, w]."""
    like = {"dtype": joints.dtype, "device": joints.device}
    rows, columns = (torch.arange(side, **like) + 0.5 for side in size)
    x, y = joints[..., None, None].unbind(dim=2)
    return torch.broadcast_tensors(columns - x, rows[:, None] - y)


def _disks(joints, size, radius):
    """Which centres lie near enough."""
    across, down = _apart(joints, size)
    return across**2 + down**2 <= radius**2


def _targets(disks, joints, annotated):
    return (disks & _known(joints, annotated)).to(joints.dtype)


@wrong("disk_targets", "swapped", "Rows are y: your disk lies mirrored at the diagonal.")
def swapped(joints, annotated, size, radius):
    return _targets(_disks(joints.flip(2), size, radius), joints, annotated)


@wrong("disk_targets", "square", "Your target is a square. A disk needs the Euclidean distance.")
def square(joints, annotated, size, radius):
    across, down = _apart(joints, size)
    return _targets(torch.maximum(across.abs(), down.abs()) <= radius, joints, annotated)


@wrong("disk_targets", "diamond", "Your target is a diamond: you add the two distances. Add their squares.")
def diamond(joints, annotated, size, radius):
    across, down = _apart(joints, size)
    return _targets(across.abs() + down.abs() <= radius, joints, annotated)


@wrong("disk_targets", "diameter", "You use the radius as the diameter: your disk is half as wide as it should be.")
def diameter(joints, annotated, size, radius):
    return _targets(_disks(joints, size, radius / 2), joints, annotated)


@wrong("disk_targets", "root-forgotten", "You compare a squared distance with the radius: square the radius, too.")
def root_forgotten(joints, annotated, size, radius):
    across, down = _apart(joints, size)
    return _targets(across**2 + down**2 <= radius, joints, annotated)


@wrong(
    "disk_targets",
    "truncated",
    "You round the joint before drawing, which moves the disk by up to a cell. Keep the fraction.",
)
def truncated(joints, annotated, size, radius):
    return _targets(_disks(joints.floor() + 0.5, size, radius), joints, annotated)


@wrong(
    "disk_targets",
    "no-half",
    "The cell in column j reaches from j to j + 1: its centre is at j + 0.5. Your disk lies half a cell off.",
)
def no_half(joints, annotated, size, radius):
    return _targets(_disks(joints + 0.5, size, radius), joints, annotated)


@wrong("disk_targets", "drawn-invisible", "You draw joints that were not annotated: nobody knows where they are.")
def drawn_invisible(joints, annotated, size, radius):
    return _disks(joints, size, radius).to(joints.dtype)


@wrong(
    "disk_targets",
    "clipped-joint",
    "A joint outside the image is pulled to the border and taught at the wrong place.",
)
def clipped_joint(joints, annotated, size, radius):
    inside = torch.stack([joints[..., 0].clamp(0, size[1]), joints[..., 1].clamp(0, size[0])], dim=2)
    return _targets(_disks(inside, size, radius), joints, annotated)


@wrong(
    "disk_targets",
    "outside-dropped",
    "You leave out joints outside of the image. The part of their disk that lies inside still shows them.",
)
def outside_dropped(joints, annotated, size, radius):
    sides = torch.tensor([size[1], size[0]], device=joints.device)
    inside = ((joints >= 0) & (joints <= sides)).all(dim=2)
    return _targets(_disks(joints, size, radius), joints, annotated & inside)


@wrong(
    "disk_targets",
    "wraps",
    "Your disk comes in again at the opposite border: negative indices count from the end.",
)
def wraps(joints, annotated, size, radius):
    left, above = (torch.tensor([side, 0.0][::turn]).to(joints) for side, turn in ((size[1], 1), (size[0], -1)))
    places = [joints, joints + left, joints + above, joints + left + above]
    disks = torch.stack([_disks(place, size, radius) for place in places]).any(dim=0)
    return _targets(disks, joints, annotated)


@wrong("disk_targets", "one-map", "All joints of a person share one map: each joint has a map of its own.")
def one_map(joints, annotated, size, radius):
    found = _targets(_disks(joints, size, radius), joints, annotated)
    return found.amax(dim=1, keepdim=True).expand_as(found).clone()


@wrong(
    "disk_targets",
    "overwritten",
    "Two near joints compete for one cell: the later one clears it for the earlier. Each joint has its own map.",
)
def overwritten(joints, annotated, size, radius):
    found = _targets(_disks(joints, size, radius), joints, annotated)
    later = found.flip(1).cumsum(dim=1).flip(1) - found
    return found * (later == 0)


@wrong(
    "disk_targets",
    "open-disk",
    "A centre that is exactly one radius away belongs to the disk: “at most”.",
    slip=True,
)
def open_disk(joints, annotated, size, radius):
    across, down = _apart(joints, size)
    return _targets(across**2 + down**2 < radius**2, joints, annotated)


@wrong(
    "disk_targets",
    "nan-fills",
    "A joint that is NaN fills its whole map: no comparison with NaN is true, so “not further than” is.",
    slip=True,
)
def nan_fills(joints, annotated, size, radius):
    across, down = _apart(joints, size)
    return (~(across**2 + down**2 > radius**2) & annotated[..., None, None]).to(joints.dtype)

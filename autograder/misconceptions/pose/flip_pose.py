"""Unit 06: wrong versions of `flip_pose`."""

from autograder.misconceptions import wrong


def _order(count, pairs):
    order = list(range(count))
    for left, right in pairs:
        order[left], order[right] = right, left
    return order


def _mirrored(joints, width):
    found = joints.clone()
    found[:, 0] = width - found[:, 0]
    return found


@wrong(
    "flip_pose",
    "no-exchange",
    "After the mirror the left hand is a right hand. Exchange the rows of the pairs.",
)
def no_exchange(image, joints, annotated, pairs):
    return image.flip(2), _mirrored(joints, image.shape[2]), annotated.clone()


@wrong(
    "flip_pose",
    "reversed-list",
    "You reverse the whole list of joints: the head becomes an ankle. Exchange pairs.",
)
def reversed_list(image, joints, annotated, pairs):
    return image.flip(2), _mirrored(joints, image.shape[2]).flip(0), annotated.flip(0)


@wrong(
    "flip_pose",
    "leeds-pairs",
    "You exchange the pairs of Leeds Sports Pose, whatever `pairs` says. Other data have other joints.",
)
def leeds_pairs(image, joints, annotated, pairs):
    leeds = [(0, 5), (1, 4), (2, 3), (6, 11), (7, 10), (8, 9)]
    order = _order(len(joints), [pair for pair in leeds if max(pair) < len(joints)])
    return image.flip(2), _mirrored(joints, image.shape[2])[order], annotated[order]


@wrong(
    "flip_pose",
    "visibility-stays",
    "The joints changed sides, `annotated` did not: it now speaks of the other hand.",
)
def visibility_stays(image, joints, annotated, pairs):
    order = _order(len(joints), pairs)
    return image.flip(2), _mirrored(joints, image.shape[2])[order], annotated.clone()


@wrong(
    "flip_pose",
    "minus-one",
    "W − 1 − x is right for numbers of pixels; our places are continuous: W − x.",
)
def minus_one(image, joints, annotated, pairs):
    order = _order(len(joints), pairs)
    return image.flip(2), _mirrored(joints, image.shape[2] - 1)[order], annotated[order]


@wrong("flip_pose", "height", "You mirror x at the height of the image: the width is its last axis.")
def height(image, joints, annotated, pairs):
    order = _order(len(joints), pairs)
    return image.flip(2), _mirrored(joints, image.shape[1])[order], annotated[order]


@wrong("flip_pose", "image-only", "The picture is mirrored, the joints are not.")
def image_only(image, joints, annotated, pairs):
    return image.flip(2), joints.clone(), annotated.clone()


@wrong("flip_pose", "names-only", "The names are exchanged, but the joints stand where they stood: mirror x, too.")
def names_only(image, joints, annotated, pairs):
    order = _order(len(joints), pairs)
    return image.flip(2), joints[order], annotated[order]


@wrong("flip_pose", "joints-only", "The joints are mirrored, the picture is not.")
def joints_only(image, joints, annotated, pairs):
    order = _order(len(joints), pairs)
    return image.clone(), _mirrored(joints, image.shape[2])[order], annotated[order]


@wrong("flip_pose", "upside-down", "You turned it upside down: the width is the last axis, and x the first number.")
def upside_down(image, joints, annotated, pairs):
    order = _order(len(joints), pairs)
    found = joints[order]
    found[:, 1] = image.shape[1] - found[:, 1]
    return image.flip(1), found, annotated[order]


@wrong(
    "flip_pose",
    "negative",
    "Your x are negative: mirroring at the left border leaves the image. Add the width.",
)
def negative(image, joints, annotated, pairs):
    order = _order(len(joints), pairs)
    return image.flip(2), _mirrored(joints, 0)[order], annotated[order]


@wrong(
    "flip_pose",
    "overwritten",
    "You overwrite one side before you have read it: both sides end up in the same place.",
)
def overwritten(image, joints, annotated, pairs):
    found, kept = _mirrored(joints, image.shape[2]), annotated.clone()
    for left, right in pairs:
        found[left] = found[right]
        kept[left] = kept[right]
    return image.flip(2), found, kept


@wrong(
    "flip_pose",
    "in-place",
    "Your function changes the joints that it was given: the next epoch sees them mirrored.",
    slip=True,
)
def in_place(image, joints, annotated, pairs):
    order = _order(len(joints), pairs)
    joints[:, 0] = image.shape[2] - joints[:, 0]
    return image.flip(2), joints[order], annotated[order]

"""Unit 07: wrong versions of `align_face`: the map that is fitted, and the way that it leads."""

import torch
from torch.nn.functional import grid_sample

from autograder.misconceptions import wrong


def _refuse(landmarks):
    if (landmarks == landmarks[0]).all():
        raise ValueError("all landmarks lie in one place")


def _centred(points):
    return points - points.mean(dim=0)


def _turn_and_scale(landmarks, template):
    """a and b of the best similarity."""
    (x, y), (u, v) = _centred(landmarks).T, _centred(template).T
    total = (x**2 + y**2).sum()
    return (x * u + y * v).sum() / total, (x * v - y * u).sum() / total


def _matrix(a, b):
    return torch.stack([torch.stack([a, -b]), torch.stack([b, a])])


def similarity(landmarks, template):
    _refuse(landmarks)
    return _matrix(*_turn_and_scale(landmarks, template))


def places_of(image, size, shift=0.5):
    centres = torch.arange(size, dtype=image.dtype, device=image.device) + shift
    return torch.stack(torch.meshgrid(centres, centres, indexing="xy"), dim=2)


def sides_of(image):
    return torch.tensor([image.shape[2], image.shape[1]]).to(image)


def sample(image, sources, **how):
    return grid_sample(image[None], 2 * sources[None] / sides_of(image) - 1, align_corners=False, **how)[0]


def warp(image, matrix, landmarks, template, size, **how):
    """Each pixel of the output from where the matrix brings it, around both middles."""
    sources = (places_of(image, size) - template.mean(dim=0)) @ torch.linalg.inv(matrix).T + landmarks.mean(dim=0)
    return sample(image, sources, **how)


AFFINE = "You also shear and stretch: a face turned sideways is bent to look frontal."


@wrong("align_face", "affine", AFFINE)
def affine(image, landmarks, template, size):
    _refuse(landmarks)
    matrix = (torch.linalg.pinv(_centred(landmarks)) @ _centred(template)).T
    moved = places_of(image, size) - template.mean(dim=0)
    return sample(image, moved @ torch.linalg.pinv(matrix).T + landmarks.mean(dim=0))


def _six_numbers(points, goals):
    """The affine map from points to goals: [3, 2]."""
    return torch.linalg.lstsq(torch.cat([points, torch.ones_like(points[:, :1])], dim=1), goals).solution


@wrong("align_face", "affine-inverted", AFFINE)
def affine_inverted(image, landmarks, template, size):
    _refuse(landmarks)
    found = _six_numbers(landmarks, template)
    return sample(image, (places_of(image, size) - found[2]) @ torch.linalg.inv(found[:2]))


@wrong("align_face", "affine-backwards", AFFINE)
def affine_backwards(image, landmarks, template, size):
    _refuse(landmarks)
    found = _six_numbers(template, landmarks)
    return sample(image, places_of(image, size) @ found[:2] + found[2])


@wrong(
    "align_face",
    "inverse-lost",
    "You sample with the transform in the wrong direction: the face turns and shrinks the wrong way.",
)
def inverse_lost(image, landmarks, template, size):
    matrix = similarity(landmarks, template)
    shift = template.mean(dim=0) - matrix @ landmarks.mean(dim=0)
    return sample(image, places_of(image, size) @ matrix.T + shift)


@wrong(
    "align_face",
    "eyes-only",
    "You use the eyes only; noise in one landmark then turns the face. All five count.",
)
def eyes_only(image, landmarks, template, size):
    _refuse(landmarks)
    return warp(image, similarity(landmarks[:2], template[:2]), landmarks[:2], template[:2], size)


@wrong("align_face", "mirrored", "Your fit may mirror the face; keep the determinant positive.")
def mirrored(image, landmarks, template, size):
    matrix = similarity(landmarks, template)
    (x, y), (u, v) = _centred(landmarks).T, _centred(template).T
    c, d = (x * u - y * v).sum(), (x * v + y * u).sum()
    mirror = torch.stack([torch.stack([c, d]), torch.stack([d, -c])]) / (x**2 + y**2).sum()
    better = mirror.norm() > 1.001 * matrix.norm()  # on a line both are as good
    return warp(image, mirror if better else matrix, landmarks, template, size)


@wrong("align_face", "two-scales", "A similarity has one scale: you stretch across and down by two.")
def two_scales(image, landmarks, template, size):
    matrix = similarity(landmarks, template)
    turned, goal = _centred(landmarks) @ matrix.T, _centred(template)
    own = (turned * goal).sum(dim=0) / (turned**2).sum(dim=0)
    return warp(image, torch.diag(own) @ matrix, landmarks, template, size)


@wrong("align_face", "no-rotation", "You do not rotate: a tilted face stays tilted.")
def no_rotation(image, landmarks, template, size):
    _refuse(landmarks)
    scale = (_centred(template) ** 2).sum() ** 0.5 / (_centred(landmarks) ** 2).sum() ** 0.5
    return warp(image, _matrix(scale, 0 * scale), landmarks, template, size)


@wrong("align_face", "no-scale", "You rotate and shift, but the face keeps its size: a similarity has a scale as well.")
def no_scale(image, landmarks, template, size):
    matrix = similarity(landmarks, template)
    return warp(image, matrix / torch.linalg.det(matrix) ** 0.5, landmarks, template, size)


@wrong(
    "align_face",
    "scale-of-spreads",
    "Your scale makes the landmarks as spread as the template. Least squares asks for less where they do not fit.",
)
def scale_of_spreads(image, landmarks, template, size):
    matrix = similarity(landmarks, template)
    scale = (_centred(template) ** 2).sum() ** 0.5 / (_centred(landmarks) ** 2).sum() ** 0.5
    return warp(image, scale * matrix / torch.linalg.det(matrix) ** 0.5, landmarks, template, size)


@wrong(
    "align_face",
    "fitted-backwards",
    "You fit the template to the landmarks: that is least squares in the image, and another fit than in the output.",
)
def fitted_backwards(image, landmarks, template, size):
    _refuse(landmarks)
    matrix = _matrix(*_turn_and_scale(template, landmarks))
    return sample(image, (places_of(image, size) - template.mean(dim=0)) @ matrix.T + landmarks.mean(dim=0))


@wrong("align_face", "turned-back", "You turn by the angle the wrong way round: the sign of b is wrong.")
def turned_back(image, landmarks, template, size):
    return warp(image, similarity(landmarks, template).T, landmarks, template, size)


@wrong("align_face", "swapped", "Landmarks are (x, y): across first, then down.")
def swapped(image, landmarks, template, size):
    landmarks, template = landmarks.flip(1), template.flip(1)
    return warp(image, similarity(landmarks, template), landmarks, template, size)


@wrong(
    "align_face",
    "transposed",
    "Your output lies on its side: rows and columns of the grid are exchanged.",
)
def transposed(image, landmarks, template, size):
    return warp(image, similarity(landmarks, template), landmarks, template, size).transpose(1, 2)


@wrong(
    "align_face",
    "one-place",
    "Landmarks in one place have no scale and no angle: raise a ValueError that names the landmarks.",
    slip=True,
)
def one_place(image, landmarks, template, size):
    matrix = _matrix(*_turn_and_scale(landmarks, template))
    return warp(image, matrix, landmarks, template, size)

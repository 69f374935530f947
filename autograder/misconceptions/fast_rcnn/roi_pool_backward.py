"""Unit 03: wrong versions of `roi_pool_backward`."""

import torch

from autograder.misconceptions import wrong


def _places(argmax, rois, channels):
    """The image and the channel of each place, as argmax has it."""
    return rois[:, 0].long()[:, None, None, None].expand_as(argmax), torch.arange(channels)[:, None, None].expand_as(
        argmax
    )


def _sum(grad, argmax, rois, shape):
    """The right answer, without the last axis split into rows and columns: [n, c, h * w]."""
    images, channels, height, width = shape
    image, channel = _places(argmax, rois, channels)
    there = argmax >= 0
    sums = grad.new_zeros(images, channels, height * width)
    return sums.index_put_((image[there], channel[there], argmax[there]), grad[there], accumulate=True)


@wrong(
    "roi_pool_backward",
    "overwrites",
    "When two regions share a cell, the later gradient replaces the earlier. They must add up. (Indexing with += adds "
    "only once per cell.)",
)
def overwrites(grad, argmax, rois, shape):
    out = grad.new_zeros(shape).flatten(2)
    for r, c, i, j in (argmax >= 0).nonzero().tolist():
        out[int(rois[r, 0]), c, argmax[r, c, i, j]] = grad[r, c, i, j]
    return out.reshape(shape)


@wrong(
    "roi_pool_backward",
    "spread",
    "That is the backward pass of an average. The maximum passes everything to the winner.",
)
def spread(grad, argmax, rois, shape):
    size, (height, width) = grad.shape[-1], shape[2:]
    out = grad.new_zeros(shape)
    for r, roi in enumerate(rois):
        x1, y1, x2, y2 = roi[1:].round().int().tolist()
        for i in range(size):
            top = max(y1 + i * (y2 - y1 + 1) // size, 0)
            bottom = min(y1 - (-(i + 1) * (y2 - y1 + 1) // size), height)
            for j in range(size):
                left = max(x1 + j * (x2 - x1 + 1) // size, 0)
                right = min(x1 - (-(j + 1) * (x2 - x1 + 1) // size), width)
                if top < bottom and left < right:
                    share = grad[r, :, i, j] / ((bottom - top) * (right - left))
                    out[int(roi[0]), :, top:bottom, left:right] += share[:, None, None]
    return out


@wrong("roi_pool_backward", "averaged", "You average over the regions. The derivative of a sum is a sum.")
def averaged(grad, argmax, rois, shape):
    counts = _sum(torch.ones_like(grad), argmax, rois, shape)
    return (_sum(grad, argmax, rois, shape) / counts.clamp(min=1)).reshape(shape)


@wrong(
    "roi_pool_backward",
    "last-cell",
    "Empty bins carry −1, and −1 is Python's last element: your last cell collects foreign gradients.",
)
def last_cell(grad, argmax, rois, shape):
    last = shape[2] * shape[3] - 1
    return _sum(grad, torch.where(argmax < 0, last, argmax), rois, shape).reshape(shape)


@wrong(
    "roi_pool_backward",
    "first-cell",
    "Empty bins carry −1. You send their gradients to place 0: they belong to no cell and are left out.",
)
def first_cell(grad, argmax, rois, shape):
    return _sum(grad, argmax.clamp(min=0), rois, shape).reshape(shape)


@wrong("roi_pool_backward", "first-image", "The gradients of all images land in the first.")
def first_image(grad, argmax, rois, shape):
    return _sum(grad, argmax, torch.zeros_like(rois), shape).reshape(shape)


@wrong("roi_pool_backward", "first-channel", "Each channel has its own winner and its own gradient.")
def first_channel(grad, argmax, rois, shape):
    return _sum(grad, argmax[:, :1].expand_as(argmax), rois, shape).reshape(shape)


@wrong(
    "roi_pool_backward",
    "one-channel",
    "The gradients of all channels land in the first. A channel's gradient stays in its channel.",
)
def one_channel(grad, argmax, rois, shape):
    sums = _sum(grad, argmax, rois, shape)
    out = torch.zeros_like(sums)
    out[:, 0] = sums.sum(1)
    return out.reshape(shape)


@wrong(
    "roi_pool_backward",
    "column-by-column",
    "You read the places column by column. They count row by row: row * w + column.",
)
def column_by_column(grad, argmax, rois, shape):
    turned = _sum(grad, argmax, rois, shape).reshape(*shape[:2], shape[3], shape[2])
    return turned.transpose(2, 3)


@wrong(
    "roi_pool_backward",
    "empty-fails",
    "Your function fails where a bin has no winner. The place −1 adds nothing: leave it out.",
    slip=True,
)
def empty_fails(grad, argmax, rois, shape):
    if (argmax < 0).any():
        raise IndexError("index -1 is out of bounds")
    return _sum(grad, argmax, rois, shape).reshape(shape)

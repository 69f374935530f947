"""Unit 03: what wrong versions of `smooth_l1` and of `fast_rcnn_loss` are made of."""

import torch


def smooth(x, beta=1.0):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta) if beta else x.abs()

"""Unit 03: wrong versions of `truncated_svd`."""

import torch
from torch import nn

from autograder.misconceptions import wrong


def _svd(linear):
    return torch.linalg.svd(linear.weight.detach(), full_matrices=False)


def _layers(first, second, bias=None):
    """Two layers with these weights, and a bias in the second where there is one."""
    layers = nn.Sequential(
        nn.Linear(first.shape[1], first.shape[0], bias=False),
        nn.Linear(second.shape[1], second.shape[0], bias=bias is not None),
    )
    layers[0].weight.data, layers[1].weight.data = first, second
    if bias is not None:
        layers[1].bias.data = bias.detach().clone()
    return layers


@wrong("truncated_svd", "no-sigma", "Without the singular values all directions weigh the same.")
def no_sigma(linear, rank):
    u, _, vt = _svd(linear)
    return _layers(vt[:rank], u[:, :rank], linear.bias)


@wrong("truncated_svd", "sigma-twice", "The singular values are in both layers: they must appear once.")
def sigma_twice(linear, rank):
    u, sigma, vt = _svd(linear)
    return _layers(sigma[:rank, None] * vt[:rank], u[:, :rank] * sigma[:rank], linear.bias)


TRANSPOSED = "`torch.linalg.svd` already returns V transposed."


@wrong("truncated_svd", "v-not-transposed", TRANSPOSED)
def v_not_transposed(linear, rank):
    u, sigma, vt = _svd(linear)
    return _layers(sigma[:rank, None] * vt.T[:rank], u[:, :rank], linear.bias)


@wrong("truncated_svd", "v-not-transposed-full", TRANSPOSED)
def v_not_transposed_full(linear, rank):
    u, sigma, vt = torch.linalg.svd(linear.weight.detach())
    return _layers(sigma[:rank, None] * vt.T[:rank], u[:, :rank], linear.bias)


@wrong("truncated_svd", "smallest", "You kept the weakest directions.")
def smallest(linear, rank):
    u, sigma, vt = _svd(linear)
    return _layers(sigma[-rank:, None] * vt[-rank:], u[:, -rank:], linear.bias)


@wrong("truncated_svd", "bias-first", "The bias belongs to the end; in the first layer it is mixed by U.")
def bias_first(linear, rank):
    u, sigma, vt = _svd(linear)
    layers = _layers(sigma[:rank, None] * vt[:rank], u[:, :rank])
    if linear.bias is not None:
        layers[0].bias = nn.Parameter(linear.bias.detach()[:rank].clone())
    return layers


@wrong(
    "truncated_svd",
    "root-once",
    "One of your layers holds the roots of the singular values, the other does not. Their product needs both roots.",
)
def root_once(linear, rank):
    u, sigma, vt = _svd(linear)
    return _layers(sigma[:rank, None].sqrt() * vt[:rank], u[:, :rank], linear.bias)


@wrong("truncated_svd", "bias-lost", "The bias is lost. The second layer has the one that the old layer had.")
def bias_lost(linear, rank):
    u, sigma, vt = _svd(linear)
    return _layers(sigma[:rank, None] * vt[:rank], u[:, :rank])


@wrong(
    "truncated_svd", "bias-twice", "Your first layer has a bias of its own, left at random. Only the second has one."
)
def bias_twice(linear, rank):
    u, sigma, vt = _svd(linear)
    layers = _layers(sigma[:rank, None] * vt[:rank], u[:, :rank], linear.bias)
    layers[0].bias = nn.Parameter(torch.full((rank,), 0.1, dtype=linear.weight.dtype))
    return layers


@wrong(
    "truncated_svd", "not-truncated", "You keep all directions, whatever `rank` is: then two layers cost more than one."
)
def not_truncated(linear, rank):
    u, sigma, vt = _svd(linear)
    return _layers(sigma[:, None] * vt, u, linear.bias)


@wrong(
    "truncated_svd",
    "no-bias-fails",
    "Your function fails for a layer without bias: then neither of the two has one.",
    slip=True,
)
def no_bias_fails(linear, rank):
    u, sigma, vt = _svd(linear)
    return _layers(sigma[:rank, None] * vt[:rank], u[:, :rank], linear.bias.clone())


@wrong(
    "truncated_svd",
    "shared-bias",
    "Your second layer shares its bias with the old one: whoever trains it changes the old one too.",
    slip=True,
)
def shared_bias(linear, rank):
    u, sigma, vt = _svd(linear)
    layers = _layers(sigma[:rank, None] * vt[:rank], u[:, :rank], linear.bias)
    if linear.bias is not None:
        layers[1].bias = linear.bias
    return layers

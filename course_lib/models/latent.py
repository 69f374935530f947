"""The networks of portraits that come with the course, trained by tools/trainings/latents.py."""

from typing import TypeVar

from torch import nn

from course_lib.models.attributes import AttributeNet
from course_lib.models.dcgan import Generator
from course_lib.models.vae import VAE
from course_lib.models.weights import shipped

Network = TypeVar("Network", bound=nn.Module)


def vae() -> VAE:
    """The variational autoencoder; `encode` and `decode`. Raises DataMissing where its weights are not there."""
    return _loaded(VAE(), "vae")


def generator() -> Generator:
    """The DCGAN's generator; raises as `vae` does."""
    return _loaded(Generator(), "generator")


def attributes() -> AttributeNet:
    """The network that names attributes; raises as `vae` does."""
    return _loaded(AttributeNet(), "attributes")


def _loaded(network: Network, part: str) -> Network:
    """The network with its weights, in evaluation mode, as something that no longer learns."""
    kept = {key.removeprefix(f"{part}/"): value for key, value in shipped("latents").items() if key.startswith(part)}
    network.load_state_dict(kept)
    return network.eval().requires_grad_(False)

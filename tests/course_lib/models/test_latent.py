"""The networks of portraits: their shapes, their losses by hand, and that every weight learns."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.models.attributes import AttributeNet
from course_lib.models.dcgan import Discriminator, Generator
from course_lib.models.vae import VAE, elbo


@pytest.fixture
def images():
    return torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def still(network):
    """The parameters without a gradient."""
    return [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]


def test_an_autoencoder_makes_latents_and_pictures(images):
    torch.manual_seed(0)
    vae = VAE()
    mean, log_variance = vae.encode(images)
    decoded = vae.decode(mean)
    assert mean.shape == log_variance.shape == (6, 64)
    assert decoded.shape == images.shape
    assert 0 <= decoded.min() <= decoded.max() <= 1
    value, parts = elbo(vae, images, 0.1)
    value.backward()
    assert still(vae) == []
    torch.testing.assert_close(value, parts["reconstruction"] + parts["KL"])


def test_the_evidence_lower_bound_by_hand():
    """Latents of two numbers with means (1, 2) and variance 1: KL is (1 + 4) / 2. Pixels are 0.1 off: half a square."""
    images = torch.zeros(4, 3, 32, 32)

    class Off(nn.Module):
        def forward(self, images):
            return images + 0.1, torch.tensor([[1.0, 2.0]]).expand(4, 2), torch.zeros(4, 2)

    _, parts = elbo(Off(), images, 0.1)
    assert parts["KL"].item() == pytest.approx(2.5)
    assert parts["reconstruction"].item() == pytest.approx(3 * 32 * 32 / 2, rel=1e-5)


def test_kl_is_that_of_torch(images):
    vae = VAE()
    mean, log_variance = vae.encode(images)
    one = torch.distributions.Normal(mean, (log_variance / 2).exp())
    expected = torch.distributions.kl_divergence(one, torch.distributions.Normal(0, 1)).sum(dim=1).mean()
    torch.testing.assert_close(elbo(vae, images, 0.1)[1]["KL"], expected)


def test_a_generator_and_a_discriminator_learn_against_each_other(images):
    torch.manual_seed(0)
    generator, discriminator = Generator(), Discriminator()
    fakes = generator(torch.randn(6, 64))
    assert fakes.shape == images.shape
    assert 0 <= fakes.min() <= fakes.max() <= 1
    logits = discriminator(fakes)
    assert logits.shape == (6,)
    F.softplus(-logits).mean().backward()
    assert still(generator) == []
    loss = F.softplus(-discriminator(images)).mean() + F.softplus(discriminator(fakes.detach())).mean()
    loss.backward()
    assert still(discriminator) == []


def test_first_weights_of_a_dcgan_are_those_of_the_paper():
    torch.manual_seed(0)
    weights = torch.cat([w.flatten() for w in Discriminator().parameters() if w.ndim > 1])
    assert weights.std().item() == pytest.approx(0.02, rel=0.02)


def test_features_serve_both_last_layers(images):
    network = AttributeNet(attributes=4, people=10)
    features = network.features(images)
    assert features.shape == (6, 64)
    assert network(images).shape == (6, 4)
    (network(images).sum() + network.people(network.features(images)).square().sum()).backward()
    assert still(network) == []

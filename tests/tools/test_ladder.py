"""The ladder of detectors: the deeper backbone begins as the other one, and has as many layers as the recipe says."""

import pytest
import torch
from torch import nn

from course_lib.models import Trunk
from tools.trainings import ladder


def convolutions(trunk):
    stages = [trunk.conv.net.stem, trunk.conv.net.stage1, trunk.conv.net.stage2, trunk.conv.net.stage3]
    named = [(name, part) for stage in stages for name, part in stage.named_modules() if isinstance(part, nn.Conv2d)]
    return len([name for name, _ in named if "downsample" not in name])


@pytest.mark.parametrize(("blocks", "layers"), [(0, 7), (2, 15)])
def test_added_blocks_begin_as_the_identity(blocks, layers):
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    trunk = Trunk(3, 64)
    with torch.no_grad():
        before = trunk(image)
        ladder.deepen(trunk.conv.net, blocks)
        assert torch.equal(trunk(image), before)
    assert convolutions(trunk) == layers
    assert f"{layers}" in ladder.RECIPE

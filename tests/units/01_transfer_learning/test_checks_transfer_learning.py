"""Unit 01's networks as plain data."""

import pytest

from course_lib.checks.transfer_learning.networks import BLOCK, HEAD, STAGE, STEM, WHOLE, Network, layers_of, names_in


@pytest.mark.parametrize("whole", [WHOLE, (STEM, "pool", HEAD), ([STAGE, ["+", BLOCK, ["+", "relu"]]], "linear 6 3")])
def test_layers_have_the_names_that_the_built_network_gives_them(whole):
    parts = dict(zip("abcd", whole, strict=False))
    assert names_in(parts) == layers_of(Network(parts))
    assert len(names_in(parts)) > len(parts)

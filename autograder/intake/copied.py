"""Whether a file of weights is a copy of what comes with the course: that is nobody's own training.

Shipped weights are rounded to 16 bits. A training from the same seed on the same processor ends in the same network,
but for that rounding (unit 06: 0.0002 of its size away), so that no distance tells a copy from work: equality does.
"""

from functools import cache
from pathlib import Path

import numpy as np

import course_lib

SHIPPED = Path(course_lib.__file__).parent / "weights"
Network = dict[str, np.ndarray]


def is_the_course_s(content: bytes, names: frozenset[str]) -> bool:
    """Whether a file holds every number of a trained network that is shipped.

    Args:
        names: of its tensors, as its header says.
    """
    alike = [network for network in _networks() if network.keys() <= names]
    own = _tensors(content) if alike else {}
    return any(network.keys() <= own.keys() and _same(network, own) for network in alike)


def _same(network: Network, own: Network) -> bool:
    return all(np.array_equal(own[name], values) for name, values in network.items())


@cache
def _networks() -> list[Network]:
    """The networks whose weights come with the course for a notebook to show, without what they share with others."""
    found: dict[str, Network] = {}
    for path in sorted(SHIPPED.glob("*.safetensors")):
        for name, values in _tensors(path.read_bytes()).items():
            network, _, tensor = name.partition("/")
            if tensor and not tensor.startswith("encoder."):
                found.setdefault(network, {})[tensor] = values
    return list(found.values())


def _tensors(content: bytes) -> Network:
    """The tensors of a safetensors file; none where it cannot be read."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(content)
    except (SafetensorError, LookupError, TypeError, ValueError, AttributeError, MemoryError):  # also types of others
        return {}

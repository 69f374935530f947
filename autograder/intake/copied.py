"""Whether a file of weights is a copy of what comes with the course: that is nobody's own training."""

from functools import cache
from pathlib import Path

import numpy as np

import course_lib

SHIPPED = Path(course_lib.__file__).parent / "weights"
NEAR = 0.02  # relative distance: a copy is 0 away, the notebook's own training from the same seed ends 0.09 away

Network = dict[str, np.ndarray]


def is_the_course_s(content: bytes, names: frozenset[str]) -> bool:
    """Whether a file's tensors are those of a trained network that is shipped, but for rounding and a little noise.

    Args:
        names: of its tensors, as its header says.
    """
    alike = [network for network in _networks() if network.keys() <= names]
    own = _tensors(content) if alike else {}
    return any(network.keys() <= own.keys() and _apart(network, own) < NEAR for network in alike)


def _apart(network: Network, own: Network) -> float:
    """How far the own tensors are from the network's, as a share of its size; 1 or more where their shapes differ."""
    if any(values.shape != own[name].shape for name, values in network.items()):
        return 1.0
    wide = {name: values.astype(np.float64) for name, values in network.items()}
    squares = [[np.square(own[name] - values).sum(), np.square(values).sum()] for name, values in wide.items()]
    distance, size = np.sum(squares, axis=0)
    return float(np.sqrt(distance / size))


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

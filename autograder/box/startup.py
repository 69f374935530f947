"""Tricks by which a start takes less time, in one place, each with what it saves. Standard library only; served in the
box too.

Our commands (cli.py), the process from which workers fork (preload.py) and the one from which boxes fork (warm.py) use
them.
"""

import gc
import importlib
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Import what is heavy in this block: a fifth faster, since nothing of it is garbage.

    Nor is it later: the collector never looks at it again, and no fork copies its pages for that.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def without_web_addresses() -> None:
    """Leave out the grammar of web addresses in JSON schemas: notebooks have none, and it takes 1.4 s."""
    sys.modules.setdefault("rfc3987_syntax", None)


def import_torchvision() -> None:
    """Import torchvision without torch's compiler, of which it wants one function and which takes 1.5 s.

    The function tells whether RoI align may be compiled where results must be deterministic. Who needs the compiler
    later imports it as ever.
    """
    importlib.import_module("torch")
    name = "torch._dynamo.utils"
    stand_in = types.ModuleType(name)
    stand_in.is_compile_supported = lambda device: False
    sys.modules.setdefault(name, stand_in)
    try:
        importlib.import_module("torchvision")
    finally:
        if sys.modules[name] is stand_in:
            del sys.modules[name]

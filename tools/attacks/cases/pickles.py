"""Pickle payloads: code that would run wherever somebody unpickles an answer, an array, or the weights."""

import pickle

from tools.attacks.attack import FULL, Desk, attack
from tools.attacks.handing import RIGHT_IOU, RIGHT_NMS, hand_in

FAMILY = "pickle payloads"


class Payload:
    """Writes to a file when it is unpickled."""

    def __init__(self, place: str):
        self._place = place

    def __reduce__(self) -> tuple:
        return exec, (f"open({self._place!r}, 'a').write('unpickled')",)


PAYLOAD = """
class Payload:
    def __reduce__(self):
        return exec, ("open({0!r}, 'a').write('unpickled')",)
"""


@attack(family=FAMILY, deserved=0)
def payload_as_answer(desk: Desk) -> None:
    """Return objects with a __reduce__ of their own, alone, in a list, and in an array of objects."""
    payload = PAYLOAD.format(str(desk.canary)) + "import numpy as np\n"
    iou = "def box_iou(*inputs):\n    return [Payload(), np.array([Payload()], dtype=object)]\n"
    hand_in(desk, payload, iou, "def nms(*inputs):\n    return Payload()\n")


@attack(family=FAMILY, deserved=0)
def payload_as_error(desk: Desk) -> None:
    """Raise an exception that carries a payload, for graders that pickle errors between processes."""
    error = PAYLOAD.format(str(desk.canary)).replace("class Payload:", "class Payload(Exception):")
    hand_in(desk, error, "def box_iou(*inputs):\n    raise Payload(Payload())\n", "raise Payload(Payload())")


@attack(family=FAMILY, deserved=FULL)
def payload_as_weights(desk: Desk) -> None:
    """A right notebook, beside it a pickle that is called safetensors, and one for torch.load."""
    hand_in(desk, "", RIGHT_IOU, RIGHT_NMS)
    payload = pickle.dumps(Payload(str(desk.canary)))
    for name in ("02_rcnn.safetensors", "02_rcnn.pt", "weights.pkl"):
        (desk.folder / name).write_bytes(payload)

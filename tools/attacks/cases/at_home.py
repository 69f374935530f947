"""Honest work that uses what a Jupyter kernel has: it must keep every point in the exam too."""

from tools.attacks.attack import FULL, Desk, attack
from tools.attacks.handing import RIGHT_IOU, RIGHT_NMS, hand_in

FAMILY = "harmless"


@attack(family=FAMILY, deserved=FULL)
def own_module(desk: Desk) -> None:
    """A cell writes a module, another imports it, and the function uses it."""
    module = "%%writefile areas_of_mine.py\ndef area(boxes):\n    return (boxes[:, 2:] - boxes[:, :2]).prod(dim=-1)"
    iou = RIGHT_IOU.replace("(boxes[:, 2:] - boxes[:, :2]).prod(dim=-1)", "areas_of_mine.area(boxes)")
    hand_in(desk, module, "import areas_of_mine\n" + iou, RIGHT_NMS)


@attack(family=FAMILY, deserved=FULL)
def descriptors_of_streams(desk: Desk) -> None:
    """faulthandler, other programs and bytes on the streams, in a cell and in the function."""
    noise = "    import subprocess, sys\n    subprocess.run(['echo'], stdout=sys.stdout)\n"
    noise += "    sys.stdout.buffer.write(b'1')\n"
    iou = RIGHT_IOU.replace("    corners", noise + "    corners", 1)
    hand_in(desk, "import faulthandler\nfaulthandler.enable()", iou, RIGHT_NMS)


@attack(family=FAMILY, deserved=FULL)
def processes_of_joblib(desk: Desk) -> None:
    """joblib's processes inside nms, and psutil in a cell."""
    nms = "from joblib import Parallel, delayed\n" + RIGHT_NMS.replace(
        "    for i in", "    assert Parallel(n_jobs=2)(delayed(abs)(i) for i in (1, -2)) == [1, 2]\n    for i in"
    )
    hand_in(desk, "import psutil\nprint(psutil.virtual_memory(), psutil.Process().memory_info())", RIGHT_IOU, nms)


@attack(family=FAMILY, deserved=FULL)
def compiled(desk: Desk) -> None:
    """box_iou under torch.compile, nms as a decorated function."""
    nms = RIGHT_NMS.replace("def nms", "@torch.compile(dynamic=True)\ndef nms")
    hand_in(desk, "", RIGHT_IOU + "\nbox_iou = torch.compile(box_iou)", nms)


@attack(family=FAMILY, deserved=FULL)
def tasks_and_folders(desk: Desk) -> None:
    """A task for a later cell, results in a folder above, the user's name, a stream of one's own."""
    first = "import asyncio, os, pwd\nasync def one():\n    return 1\ntask = asyncio.create_task(one())"
    first += "\nos.makedirs('../../results', exist_ok=True)\nprint(pwd.getpwuid(os.getuid()).pw_name)"
    hand_in(desk, first, RIGHT_IOU, RIGHT_NMS, between="assert (await task) == 1")

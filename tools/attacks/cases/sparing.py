"""Honest work that uses much of what boxes share: pools, locks, shared memory, databases. It must keep every point."""

from tools.attacks.attack import FULL, Desk, attack
from tools.attacks.handing import RIGHT_IOU, RIGHT_NMS, hand_in

SPARING = "honest use of much"


@attack(family=SPARING, deserved=FULL, boxed=True)
def pool_of_thirty_two(desk: Desk) -> None:
    """Right work that asks 32 processes in each call, as `Pool()` does on 32 cores."""
    iou = RIGHT_IOU.replace("box_iou", "_iou") + (
        "\nimport multiprocessing\n\ndef _row(pair):\n    return _iou(pair[0][None], pair[1])[0].tolist()\n"
        "\ndef box_iou(boxes1, boxes2):\n    if len(boxes1) < 4:\n        return _iou(boxes1, boxes2)\n"
        "    with multiprocessing.Pool(32) as pool:\n"
        "        rows = pool.map(_row, [(box, boxes2) for box in boxes1])\n"
        "    return torch.tensor(rows).reshape(len(boxes1), len(boxes2))"
    )
    nms = RIGHT_NMS.replace("box_iou", "_iou")
    hand_in(desk, "", iou, nms)


@attack(family=SPARING, deserved=FULL, boxed=True)
def loaders_locks_and_databases(desk: Desk) -> None:
    """Right work; its cells load data in two processes, lock files, keep a database, share tensors and run a loop."""
    use = """
import asyncio, fcntl, sqlite3, tempfile
from concurrent.futures import ProcessPoolExecutor
from torch.utils.data import DataLoader, TensorDataset

seen = sum(len(batch[0]) for batch in DataLoader(TensorDataset(torch.arange(40.0)), 4, num_workers=2))
with tempfile.NamedTemporaryFile() as file:
    fcntl.flock(file, fcntl.LOCK_EX)
with sqlite3.connect("results.db") as base:
    base.execute("create table t (x)")
    base.executemany("insert into t values (?)", [(x,) for x in range(100)])
with ProcessPoolExecutor(2) as pool:
    seen += sum(pool.map(abs, range(-3, 3)))
await asyncio.sleep(0.01)
factor = 1.0 if (seen, base.execute("select count(*) from t").fetchone()) == (49, (100,)) else 7.0
"""
    iou = RIGHT_IOU.replace("return shared /", "return factor * shared /")
    hand_in(desk, use, iou, RIGHT_NMS)

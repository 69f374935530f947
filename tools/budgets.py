"""What `mini` promises a student with a small machine: processor seconds, whatever runs beside it, and memory.

The seconds are meant for a processor as fast as the one of docs/benchmarks.md. On a slower one the same work may take
as many times longer as `import torch` or the steps of a small network do: on one that was measured an import took 2.4
times as long, the notebooks 3.3 times.
"""

import os
import subprocess
import sys
from statistics import median

from course_lib import threads

LECTURE_SECONDS = 45.0  # Restart & Run All
SOLUTION_SECONDS = 120.0  # its experiment included
FIRST_PICTURE_SECONDS = 15.0  # from a fresh kernel on
CHECK_SECONDS = 1.0  # one public check, after the imports
PEAK_BYTES = 1.5e9  # a free Binder has 2 GB
IMPORT_SECONDS = 1.2  # that processor's for the first part of `_WORK`
STEPS_SECONDS = 0.7  # for the second: 2.2 on one that takes 3.5 times as long for the steps of 05_fcn and 07_faces
_WORK = """
import time
import torch
imported = time.process_time()
layers = [torch.nn.Conv2d(channels, 32, 3, padding=1) for channels in (3, 32, 32)]
for _ in range(10):
    images = torch.ones(16, 3, 64, 64)
    for layer in layers:
        images = layer(images).relu()
    images.mean().backward()
print(imported, time.process_time() - imported)
"""


def kept(seconds: float, worked: float) -> bool:
    """Whether work that took `worked` processor seconds keeps to its bound, on this processor."""
    return worked <= seconds or worked <= seconds * slowness()


def slowness() -> float:
    """How many times as long as on that processor an import or a network takes here and now: the median of three.

    What else runs on this machine, or on a host that it shares, slows other work as well.
    """
    python, alone = [sys.executable, "-c", _WORK], os.environ | threads.variables(1)
    runs = [subprocess.run(python, stdout=subprocess.PIPE, check=True, env=alone) for _ in range(3)]
    imports, steps = zip(*[map(float, done.stdout.split()) for done in runs], strict=True)
    return max(median(imports) / IMPORT_SECONDS, median(steps) / STEPS_SECONDS)

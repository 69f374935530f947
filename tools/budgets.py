"""What `mini` promises a student with a small machine: processor seconds, whatever runs beside it, and memory.

The seconds are meant for a processor as fast as the one of docs/benchmarks.md. On a slower one the same work may take
as many times longer as `import torch` does.
"""

import subprocess
import sys
from statistics import median

LECTURE_SECONDS = 45.0  # Restart & Run All
SOLUTION_SECONDS = 120.0  # its experiment included
FIRST_PICTURE_SECONDS = 15.0  # from a fresh kernel on
CHECK_SECONDS = 1.0  # one public check, after the imports
PEAK_BYTES = 1.5e9  # a free Binder has 2 GB
IMPORT_SECONDS = 1.2  # `import torch` on that processor
_IMPORT = "import time, torch; print(time.process_time())"


def kept(seconds: float, worked: float) -> bool:
    """Whether work that took `worked` processor seconds keeps to its bound, on this processor."""
    return worked <= seconds or worked <= seconds * slowness()


def slowness() -> float:
    """How many times as long as on that processor `import torch` takes here and now: the median of three.

    What else runs on this machine, or on a host that it shares, slows other work as well.
    """
    imports = (subprocess.run([sys.executable, "-c", _IMPORT], stdout=subprocess.PIPE, check=True) for _ in range(3))
    return median(float(done.stdout) for done in imports) / IMPORT_SECONDS

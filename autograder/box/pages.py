"""Large pages for the process from which boxes fork: two million bytes each in the place of 4,096. Runs inside.

A fork copies one entry of the page table for each page that was written to, and its end takes them down again. With
small ones a submission costs 105 ms in the box, with the heap in large ones 87, with everything in them 70 (measured
with 345 MB, two forks for each submission). Where the kernel has none to give, all stays as it is. Standard library
only.
"""

import ctypes
import os

HEAP = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"  # the C library's heap begins in them; set before the process starts
KNOWN = "/sys/kernel/mm/transparent_hugepage"  # where the C library looks for them
LARGE = 2 * 2**20  # bytes
MANY = 24  # forks after which more are to be expected
_COLLAPSE = 25  # the number of madvise's advice, from Linux 6.1 on


def settle() -> None:
    """In the process whose heap has begun in them: what it starts has the environment that was promised."""
    os.environ.pop(HEAP[0], None)


def gather() -> None:
    """Put all that this process has written into large pages. It takes 0.4 s, as much as `MANY` submissions save."""
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in _written():
        first, last = -(-start // LARGE) * LARGE, end // LARGE * LARGE
        if first < last:
            madvise(first, last - first, _COLLAPSE)


def _written() -> list[tuple[int, int]]:
    """Where memory of no file lies that may be written to."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        rows = [line.split() for line in maps]
    own = [row for row in rows if row[1] == "rw-p" and (len(row) == 5 or row[5] == "[heap]")]
    return [tuple(int(number, 16) for number in row[0].split("-")) for row in own]

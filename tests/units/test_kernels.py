"""Other processors compute other last digits. Nothing that is stored changes with them, and no right answer is lost.

What a processor would do is asked of the libraries: PyTorch's, OpenBLAS's, MKL's and oneDNN's kernels, OpenCV's IPP.
"""

import os
import subprocess
import sys

import pytest

OLD = {
    "ATEN_CPU_CAPABILITY": "default",
    "OPENBLAS_CORETYPE": "Prescott",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENCV_IPP": "disabled",
    "OMP_NUM_THREADS": "1",
}
NEWER = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "OPENBLAS_CORETYPE": "Haswell",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "COURSE_THREADS": "2",
    "OMP_NUM_THREADS": "2",
    "OMP_WAIT_POLICY": "passive",  # a thread that waits for the other takes no core from anybody
    "OPENBLAS_THREAD_TIMEOUT": "4",  # OpenBLAS's own way to say so: it spins for 2 ** 4 cycles, otherwise for 2 ** 26
}
pytestmark = [pytest.mark.long, pytest.mark.release]
KERNELS = pytest.mark.parametrize("kernels", [OLD, NEWER], ids=["old", "newer"])
ANSWERS = "solution_earns or pass_the_public"  # that the public answers are the solution's is what a build finds out


def run(root, kernels, *words):
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=root,
        env=os.environ | kernels | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@KERNELS
def test_a_build_changes_nothing(root, kernels):
    run(root, kernels, "tools.build.expected", "--check")


@KERNELS
def test_right_answers_stay_right(root, kernels, pytestconfig):
    plain = "-q -p no:xdist -p no:cacheprovider".split()
    as_here = [f"-W{said}" for said in pytestconfig.getoption("pythonwarnings") or ()]
    run(root, kernels, "pytest", *plain, *as_here, "tests/units/test_answers.py", "-k", ANSWERS)

"""Who raised an exception while a question was put: the student's function, or the check that reads its answer."""

import re
import sys
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_lib.checks.spec import Case, Refusal, call

STILL_TO_WRITE = "Still to write: put your code where it says `raise NotImplementedError`."
CALLED_WRONGLY = re.compile(r"\(\) (takes|missing|got)\b")
OURS = str(Path(__file__).parents[1])
LIBRARIES = tuple({sys.prefix, sys.base_prefix, *(sysconfig.get_path(kind) for kind in ("stdlib", "purelib"))})


def told(error: BaseException, case: Case, function: Callable) -> tuple[str, str]:
    """The status of an outcome without answer ("raised", "refused", "signature"), and what the student should read."""
    if isinstance(error, NotImplementedError):
        return "raised", STILL_TO_WRITE
    if isinstance(error, Refusal):
        return "refused", str(error)
    if case.probe is call or _students(error):
        return "raised", _raised(error, function)
    if isinstance(error, TypeError) and CALLED_WRONGLY.search(str(error)):
        return "signature", f"Your function cannot be called as asked for: {str(error)[:300]}."
    return "refused", (
        f"Your function ran, but the check cannot use what came of it ({type(error).__name__}: {str(error)[:300]})."
    )


def _students(error: BaseException) -> bool:
    """Whether the error passed through a line that is neither ours nor a library's."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(not frame.filename.startswith((OURS, *LIBRARIES, "<frozen")) for frame in frames)


def _raised(error: BaseException, function: Any) -> str:
    code = getattr(getattr(function, "forward", function), "__code__", None)  # of a module, its forward
    source = getattr(code, "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == source]
    where = f" in line {frames[-1].lineno}, `{frames[-1].line}`" if frames and frames[-1].line else ""
    return f"Your function raised {type(error).__name__}{where}: {str(error)[:300]}"

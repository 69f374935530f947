"""Who raised an exception while a question was put: the student's function, or the check that reads its answer.

Functions, exceptions and answers are a student's objects: to look at one may run code of theirs, which may raise.
"""

import re
import sys
import sysconfig
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course_lib.checks import codec
from course_lib.checks.compare import describe
from course_lib.checks.spec import Case, Refusal, call

MOST = 300  # characters of what a student's object says of itself
STUBS = ("", "your code here")  # what the stub in an exercise says
STILL_TO_WRITE = "Still to write: put your code where it says `raise NotImplementedError`."
CALLED_WRONGLY = re.compile(r"\(\) (takes|missing|got)\b")
OURS = str(Path(__file__).parents[1])
LIBRARIES = tuple({sys.prefix, sys.base_prefix, *(sysconfig.get_path(kind) for kind in ("stdlib", "purelib"))})


def told(error: BaseException, case: Case, function: Any) -> tuple[str, str]:
    """The status of an outcome without answer ("raised", "refused", "signature"), and what the student should read."""
    try:
        return _told(error, case, function)
    except Exception:
        return "raised", f"Your function raised {_kind(error)}, which cannot be read."


def _told(error: BaseException, case: Case, function: Any) -> tuple[str, str]:
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, NotImplementedError) and str(error) in STUBS and not _ours(frames[-1]):
        return "raised", STILL_TO_WRITE
    if isinstance(error, Refusal):
        return "refused", str(error)
    if case.probe is call or not all(map(_ours, frames)):
        return "raised", _raised(error, frames, function)
    if isinstance(error, TypeError) and CALLED_WRONGLY.search(str(error)):
        return "signature", f"Your function cannot be called as asked for: {shown(error)}."
    return "refused", unusable(error)


def unusable(error: Exception) -> str:
    """What to say where the function ran, and the check itself stumbles over what it gave."""
    return f"Your function ran, but the check cannot use what came of it ({_kind(error)}: {shown(error)})."


def _ours(frame: traceback.FrameSummary) -> bool:
    """Whether a line is ours or a library's, and not the student's."""
    return frame.filename.startswith((OURS, *LIBRARIES, "<frozen"))


def _raised(error: BaseException, frames: Sequence[traceback.FrameSummary], function: Any) -> str:
    frames = [frame for frame in frames if frame.filename == _file_of(function)]
    where = f" in line {frames[-1].lineno}, `{frames[-1].line}`" if frames and frames[-1].line else ""
    return f"Your function raised {_kind(error)}{where}: {shown(error)}"


def _file_of(function: Any) -> str | None:
    try:
        code = getattr(getattr(function, "forward", function), "__code__", None)  # of a module, its forward
        return getattr(code, "co_filename", None)
    except Exception:
        return None


def _kind(value: Any) -> str:
    """The name of its type, whatever that type says its name is."""
    return type.__dict__["__name__"].__get__(type(value))


def shown(value: Any) -> str:
    """What an object says of itself, as far as it can."""
    try:
        return str.__str__(str(value))[:MOST]  # `str` may give a text of a kind of its own
    except Exception:
        return "(it cannot say what it is)"


def described(value: Any) -> str:
    """What an object is, for a message."""
    try:
        return describe(codec.copy(value))
    except Exception:
        return f"an object of type {_kind(value)}"

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
from course_lib.checks.spec import Case, Outcome, Raised, Refusal, call

MOST = 300  # characters of what a student's object says of itself
STUBS = ("", "your code here")  # what the stub in an exercise says
STILL_TO_WRITE = "Still to write: put your code where it says `raise NotImplementedError`."
CALLED_WRONGLY = re.compile(r"\(\) (takes|missing|got)\b")
OURS = str(Path(__file__).parents[1])
LIBRARIES = tuple({sys.prefix, sys.base_prefix, *(sysconfig.get_path(kind) for kind in ("stdlib", "purelib"))})


def told(error: BaseException, case: Case, function: Any) -> Outcome:
    """The outcome without answer, with what the student should read: "unwritten", "raised", "refused", "signature"."""
    try:
        return _told(error, case, function)
    except Exception:
        return Outcome("raised", note=f"Your function raised {_kind(error)}, which cannot be read.")


def _told(error: BaseException, case: Case, function: Any) -> Outcome:
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, NotImplementedError) and str(error) in STUBS and not _ours(frames[-1]):
        return Outcome("unwritten", note=STILL_TO_WRITE)
    if isinstance(error, Refusal):
        return Outcome("refused", note=str(error))
    if case.probe is call or not all(map(_ours, frames)):
        raised = _raised(error, frames, function)
        return Outcome("raised", note=in_words(raised), error=raised)
    if isinstance(error, TypeError) and CALLED_WRONGLY.search(str(error)):
        return Outcome("signature", note=f"Your function cannot be called as asked for: {shown(error)}.")
    return Outcome("refused", note=unusable(error))


def unusable(error: Exception) -> str:
    """What to say where the function ran, and the check itself stumbles over what it gave."""
    return f"Your function ran, but the check cannot use what came of it ({_kind(error)}: {shown(error)})."


def _ours(frame: traceback.FrameSummary) -> bool:
    """Whether a line is ours or a library's, and not the student's."""
    return frame.filename.startswith((OURS, *LIBRARIES, "<frozen"))


def _raised(error: BaseException, frames: Sequence[traceback.FrameSummary], function: Any) -> Raised:
    last = [frame for frame in frames if frame.filename == _file_of(function)][-1:]
    where = [(frame.lineno, frame.line) for frame in last if frame.line]
    return Raised(_kind(error), shown(error), *(where[0] if where else ()))


def in_words(error: Raised) -> str:
    """An error for whoever wrote the function."""
    where = f" in line {error.line}, `{error.code}`" if error.line else ""
    return f"Your function raised {error.kind}{where}: {error.text}"


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

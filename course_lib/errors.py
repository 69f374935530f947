"""The course's named errors: each says what was expected, what came and what to try."""


class CourseError(Exception):
    """Base of every error that the course raises on purpose.

    `what` is one sentence naming the thing that failed. `expected`, `got` and `advice` are optional; each given one
    becomes a line of the message ("expected: …", "got: …", "try: …").
    """

    def __init__(self, what: str, *, expected: str = "", got: str = "", advice: str = ""):
        parts = [("expected", expected), ("got", got), ("try", advice)]
        super().__init__("\n".join([what, *(f"  {name}: {text}" for name, text in parts if text)]))


class SettingsError(CourseError):
    """An environment variable of the course holds a value that it cannot use."""


class DataMissing(CourseError):
    """A data set, photograph or weights file is not there, and could not or may not be fetched."""


class DataBroken(CourseError):
    """A file of a data set is there but cannot be read: truncated, malformed, or not what its name says."""


class UnknownWord(CourseError):
    """A word without a vector; the message names those that are spelled alike."""


class CacheError(CourseError):
    """A file could not be written into the cache folder: the disk is full or the folder is not writable."""


class ServiceError(CourseError):
    """A service does not start, or nothing answers at its address."""


class CheckFailed(CourseError):
    """A student's function did not pass its public check."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback into the course's own code."""
        return [f"CheckFailed: {self}"]


class NotTrained(CourseError):
    """The experiment's weights are not there, and this is no place to train them."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback into the course's own code."""
        return [f"NotTrained: {self}"]


class Diverged(CourseError):
    """A training whose loss is no longer a finite number."""

"""The grader's named errors. Like the course's, each says what was expected, what came and what to try."""

from course_lib.errors import CourseError


class BrokenSubmission(CourseError):
    """A submitted notebook cannot be used; its owner reads why."""


class BoxError(CourseError):
    """No process for student code could be started."""


class GradebookError(CourseError):
    """The gradebook cannot be opened, or is not one of this version."""


class GradingError(CourseError):
    """A class could not be graded, or not all of it."""


class ReleaseError(CourseError):
    """An exercise is not as it was built, or a release not as it was kept."""

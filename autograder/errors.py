"""The grader's named errors. Like the course's, each says what was expected, what came and what to try."""

from course_lib.errors import CourseError


class BrokenSubmission(CourseError):
    """A submitted notebook cannot be used; its owner reads why."""


class BoxError(CourseError):
    """No process for student code could be started."""

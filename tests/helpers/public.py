"""What the public checks of a unit say: of its wrong versions and their relatives, by name, and of any other."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from autograder import misconceptions
from autograder.exam import papers
from course_lib.checks import run
from course_lib.checks.ladder import Report
from course_lib.checks.spec import Check
from tests.helpers.relatives import relatives_of


@dataclass(frozen=True)
class Public:
    """The public checks of a unit."""

    unit: str

    @cached_property
    def checks(self) -> dict[str, Check]:
        """By name."""
        return {check.name: check for check in papers.checks_of(self.unit)}

    @cached_property
    def versions(self) -> dict[tuple[str, str], Callable]:
        """All misconceptions and relatives, by their check and their name."""
        found = {(wrong.check, wrong.name): wrong.version for wrong in misconceptions.of(self.unit)}
        return found | {(check, version.__name__): version for check, version, _ in relatives_of(self.unit)}

    def reported(self, check: str, version: str | Callable) -> Report:
        """The report on one of the versions, or on another one."""
        function = self.versions[check, version] if isinstance(version, str) else version
        return run.run(self.unit, self.checks[check], function)

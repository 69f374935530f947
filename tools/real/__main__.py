"""Measure on real photographs: python -m tools.real [NAME…] (make real)

Two runs at a time with one thread each; about an hour on two cores. What has finished is kept in the course's cache, so
that an interrupted call goes on. A NAME picks the runs whose names begin so. The photographs lie in COURSE_DATA, else
in COURSE_TEST_DATA, by default ../shared/data. Writes docs/real.md, and its rows of docs/figures.md.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from course_lib.errors import CourseError
from tools import ROOT
from tools.real.page import write
from tools.real.plan import Run, chosen
from tools.real.run import measure


def samples() -> Path:
    """The folder of the real samples. Raises CourseError where they are not."""
    named = os.environ.get("COURSE_DATA") or os.environ.get("COURSE_TEST_DATA")
    folder = Path(named or ROOT.parent / "shared" / "data").absolute()
    if not (folder / "BCCD").is_dir():
        raise CourseError("The real samples are not there.", expected=str(folder / "BCCD"), advice="set COURSE_DATA")
    return folder


def main(names: list[str], at_once: int) -> int:
    """Run what is not yet measured, tell each result, write the pages."""
    data, failed = samples(), []
    with ThreadPoolExecutor(at_once) as pool:
        waiting = {pool.submit(measure, run, data): run for run in chosen(names)}
        for done in as_completed(waiting):
            failed += [waiting[done].name] if not tell(waiting[done], done) else []
    write()
    return len(failed)


def tell(run: Run, done) -> bool:
    """Print what a run measured, or why it did not."""
    if error := done.exception():
        print(f"{run.name}: {error}", flush=True)
        return False
    shown = {name: value for name, value in done.result()["result"].items() if not isinstance(value, list)}
    print(f"{run.name}: {done.result()['seconds']} s of a CPU {shown or ''}", flush=True)
    return True


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], at_once=int(os.environ.get("REAL_AT_ONCE", "2"))))
    except CourseError as error:
        sys.exit(str(error))

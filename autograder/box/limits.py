"""What a box may use: each limit once, with what holds it and why. Standard library only; served in the box too.

The walls, the sandbox, the watch, the exam and its patience take their numbers from here,
tests/autograder/box/test_box_limits.py runs into each of them, and docs/threat_model.md shows them
(tools/limits_page.py). The system calls are in calls.py.
"""

from dataclasses import dataclass

KB, MB, GB = 2**10, 2**20, 2**30
ROOMS = ("/exam", "/tmp", "/dev/shm")  # the folders that can be written to


@dataclass(frozen=True)
class Limit:
    """One limit.

    Attributes:
        what: is limited.
        most: in bytes, seconds or a count, as `unit` says.
        unit: "bytes", "s" or "".
        holds: the kernel's name of what holds it, or the part of the grader that does.
        why: one clause.
    """

    what: str
    most: float
    unit: str
    holds: str
    why: str

    @property
    def shown(self) -> str:
        """The number as people write it: "4 GB", "180 s", "128"."""
        if self.unit != "bytes" or not self.most:
            return f"{self.most:g} {self.unit.replace('bytes', '')}".strip()
        size, unit = next(((size, unit) for size, unit in ((GB, "GB"), (MB, "MB"), (KB, "KB")) if self.most >= size))
        return f"{self.most / size:g} {unit}"


RLIMIT = "RLIMIT_"
WATCH, EXAM = "the watch", "the exam"

# memory
MEMORY = Limit("memory of one process", 4 * GB, "bytes", RLIMIT + "DATA", "a tensor too large is an error of its cell")
BOX = Limit("memory of a box", 6 * GB, "bytes", WATCH, "shared pages once, with page tables and swap")
SPACE = Limit(
    "addresses of one process", 32 * GB, "bytes", RLIMIT + "AS", "reading 1 GB of them takes 2 MB of page tables"
)
LOCKED = Limit("memory kept from swapping", 0, "bytes", RLIMIT + "MEMLOCK", "nobody here needs it")
ROOM = Limit(f"each of {', '.join(ROOMS)}", 256 * MB, "bytes", "tmpfs", "files there lie in memory, beside the 6 GB")
NAMES = Limit("names in each of them", 20_000, "", "tmpfs", "empty files take memory too")
FILE = Limit("one file", 256 * MB, "bytes", RLIMIT + "FSIZE", "as large as the folder that it lies in")
CORE = Limit("a core dump", 0, "bytes", RLIMIT + "CORE", "nobody reads it")

# processes
PROCESSES = Limit("processes and threads of a box", 128, "", RLIMIT + "NPROC", "a pool of 32 fits, with threads")
CPU = Limit("processor time of one process", 1800, "s", RLIMIT + "CPU", "ends what everything else has missed")
NICE = Limit("niceness", 10, "", "nice", "the machine's other work goes first")
PRIORITY = Limit("priority that can be raised", 0, "", RLIMIT + "NICE", "some logins allow it")
REALTIME = Limit(
    "real-time priority", 0, "", RLIMIT + "RTPRIO", "it stops everything else on a core; some logins allow it"
)

# what the kernel keeps for them
FILES = Limit("open files of one process", 1024, "", RLIMIT + "NOFILE", "what most systems give")
SOCKETS = Limit("sockets of a box", 512, "", WATCH, "each may hold 0.4 MB in the kernel, which no process shows")
FLIGHT = Limit("descriptors sent, not received", 64, "", WATCH, "a user's boxes share as many as one process may open")
SIGNALS = Limit(
    "queued signals and timers", 1024, "", RLIMIT + "SIGPENDING", "a user's boxes share the machine's number"
)
TERMINALS = Limit("terminals", 64, "", "devpts", "the machine has 4096 for all")

# the conversation with the grader
MESSAGE = Limit("one answer", 8 * MB, "bytes", EXAM, "it has to fit into the grader's memory")
CELL = Limit("work of a cell", 60, "s", EXAM, "of what sleeps the clock counts")
FIT = Limit("work to fit the experiment", 180, "s", EXAM, "only where no weights were handed in")
SUBMISSION = Limit("a submission, by the clock", 900, "s", EXAM, "a class has to be graded in a night")
PATIENCE = Limit("times a limit of work, by the clock", 6, "", EXAM, "a busy machine makes work wait, but not for ever")
GLANCE = Limit("between two looks at a box", 0.25, "s", WATCH, "a core writes some 0.5 GB meanwhile")

TABLE = tuple(value for value in list(vars().values()) if isinstance(value, Limit))


def resources() -> dict[str, int]:
    """The kernel's limits of a process by their names in `resource`."""
    return {limit.holds: int(limit.most) for limit in TABLE if limit.holds.startswith(RLIMIT)}

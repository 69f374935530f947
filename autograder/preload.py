"""Imported once by the process from which all local workers fork: everything that they need, before it is needed.

Importing it makes Ctrl-C the coordinator's alone, which ends its workers.
"""

import os
import signal
from contextlib import suppress

from autograder.box import startup
from course_lib import threads

signal.signal(signal.SIGINT, signal.SIG_IGN)
startup.without_web_addresses()
threads.limit(1)  # a core for each worker; and a fork of threaded torch would hang

with startup.uncollected():
    from autograder.box import bubblewrap
    from autograder.errors import BoxError

    if "AUTOGRADER_SANDBOX" in os.environ:  # all workers use this one; it imports torch while we do
        with suppress(BoxError):  # where there is no bubblewrap, the workers say so
            bubblewrap.begin()

    startup.import_torchvision()

    import autograder.cli
    import autograder.exam.assess  # noqa: F401

"""Imported once by the process from which all local workers fork: everything that they need, before it is needed.

Importing it makes Ctrl-C the coordinator's alone, which ends its workers.
"""

import gc
import os
import signal
import sys
from contextlib import suppress

gc.disable()  # while everything is imported nothing is garbage
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.modules.setdefault("rfc3987_syntax", None)  # web addresses in JSON schemas: notebooks have none, it takes 1.4 s

from course_lib import threads  # noqa: E402

threads.limit(1)  # a core for each worker; and a fork of threaded torch would hang

from autograder.box import bubblewrap  # noqa: E402
from autograder.errors import BoxError  # noqa: E402

if "AUTOGRADER_SANDBOX" in os.environ:  # all workers use this one; it imports torch while we do
    with suppress(BoxError):  # where there is no bubblewrap, the workers say so
        bubblewrap.begin()

from autograder.box import shell  # noqa: E402

shell.import_torchvision()

import autograder.cli  # noqa: E402
import autograder.exam.assess  # noqa: E402, F401

gc.freeze()  # nor later: no worker looks at it, and none copies its pages for that
gc.enable()

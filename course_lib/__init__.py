"""What a notebook of the course imports: data, models, training, metrics, plots, explorers and checks."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (said here, before an older Python stumbles over the syntax of the rest)
    raise ImportError(
        "The course needs Python 3.11 or later.\n"
        f"  got: Python {sys.version.split()[0]}, {sys.executable}\n"
        "  try: the Python of the course's environment, .venv/bin/python (Windows: .venv\\Scripts\\python); "
        "in JupyterLab another kernel"
    )

from course_lib import threads

__version__ = "0.1.0"

threads.apply()

"""What a notebook of the course imports: data, models, training, metrics, plots, explorers and checks."""

from course_lib import threads

__version__ = "0.1.0"

threads.apply()

"""What `mini` promises a student with a small machine: processor seconds, whatever runs beside it, and memory."""

LECTURE_SECONDS = 45.0  # Restart & Run All
SOLUTION_SECONDS = 120.0  # its experiment included
FIRST_PICTURE_SECONDS = 15.0  # from a fresh kernel on
CHECK_SECONDS = 1.0  # one public check, after the imports
PEAK_BYTES = 1.5e9  # a free Binder has 2 GB

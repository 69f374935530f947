"""What the course's experiments measure: notebooks are run, and their figures become a table."""

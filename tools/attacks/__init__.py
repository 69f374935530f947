"""Attacks on graders, with the points that each deserves: `cases` makes them, the rest lets them loose and counts."""

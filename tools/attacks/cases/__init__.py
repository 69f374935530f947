"""Attacks on graders and accidents that look like attacks, each a small generator with the score that it deserves."""

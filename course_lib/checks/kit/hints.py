"""Hints that fit functions of several units."""

COPY = "Someone else may still need what you were given: work on a copy."
GRAPH = "Can a gradient find its way back? `.item()`, `.detach()` and NumPy cut the graph."

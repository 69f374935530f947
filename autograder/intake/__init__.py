"""A submitted folder becomes a clean copy.

In: whatever a student handed in, and the release from which it was made.
Out: a notebook of the release's cells with the student's work in them, the weights, and notes of what was repaired.
"""

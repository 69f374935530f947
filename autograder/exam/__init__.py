"""A clean copy sits the exam and is judged.

In: a clean copy, and for each check a seed from which hidden inputs are drawn.
Out: a `Result`: points, feedback, outputs that are safe to show, and what somebody should look at.
"""

"""Checks: what each unit asks of a student's functions, and how a wrong answer is explained.

Reading order: spec (what a check is), compare (when an answer is right), ladder (from answers to a report),
run (the public check in a notebook), rcnn … (one module a unit), codec (arrays without pickle).
"""

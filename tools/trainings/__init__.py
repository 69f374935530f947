"""Recipes of trainings that are too long for a notebook, one module each; course_lib.trainings ships their results.

A recipe has a text RECIPE (one or two sentences), SEEDS, and `run(seed)`, which returns each measured quantity by name:
numbers, or lists of numbers. It takes the unit's functions from its solution (`reference.load("02_rcnn")`), so that it
trains what the notebook trains; what a lecture alone defines (`rates`) it defines again.
"""

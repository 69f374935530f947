"""The grader: intake → exam (in a box) → book, for a whole cohort, with a report. Students never see it."""

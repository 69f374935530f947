"""nbgrader's gradebook, its commands and its pages.

In: clean copies and the exam's results.
Out: grades and comments in the gradebook, graded notebooks, pages for graders and students, the journal.
"""

"""A whole class at once.

In: a plan: the unit, the submissions, how many workers and where.
Out: everybody's grades in the gradebook, who could not be graded, and at whose work somebody should look.
"""

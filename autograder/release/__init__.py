"""What students were given.

In: an exercise as it was built. Out: kept releases, each known by a digest of its text, and what their cells are for.
Nothing here reads what was handed in.
"""

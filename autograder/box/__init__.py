"""Where student code runs.

In: cells, files, and questions with their inputs.
Out: what came back, within limits of time, memory and bytes, and believed by nobody.
"""

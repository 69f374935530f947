"""The public repository of the course, for students.

In: the course's folder, the address that the repository will have, the units. Out: a folder with lectures, exercises
and `course_lib`, ready to be committed; no solution, no wrong version, nothing that only graders need.
"""

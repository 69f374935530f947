"""The grader: intake → exam → judge → gradebook. Instructors install it, students never see it."""

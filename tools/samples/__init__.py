"""Courses and classes to try graders on: one short unit, and thirty invented students' work on a whole one."""

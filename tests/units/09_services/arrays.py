"""Unit 09: right answers with arrays, in another style than the solution."""

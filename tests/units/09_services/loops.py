"""Unit 09: right answers in plain loops."""

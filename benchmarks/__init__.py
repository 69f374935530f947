"""Measurements beside other programs; `make bench` runs them."""

"""Right answers to unit 07, one element after the other."""

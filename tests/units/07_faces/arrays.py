"""Right answers to unit 07, without loops."""

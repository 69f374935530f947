"""Training to a mark: how many CPU seconds each unit's solution needs, beside the usual library's model."""

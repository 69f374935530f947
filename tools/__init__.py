"""For maintainers only: what builds, measures and checks the course."""

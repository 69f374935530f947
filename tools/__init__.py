"""For maintainers only: what builds, measures and checks the course."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

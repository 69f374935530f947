"""What the notebooks measure on real photographs, on a CPU: which runs, what they gave, and docs/real.md."""

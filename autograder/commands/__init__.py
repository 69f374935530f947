"""The commands of `autograder`, one module each; `autograder.cli` puts them together."""

"""What a notebook of the course imports: data, models, training, metrics, plots, explorers and checks."""

__version__ = "0.1.0"

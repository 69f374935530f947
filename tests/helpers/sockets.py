"""A process's network connections, whatever psutil's age."""

import psutil


def connections(process: psutil.Process, kind: str = "inet") -> list:
    """As psutil 6 gives them; 5.9, which Colab has, calls the same method by an older name."""
    return (process.net_connections if hasattr(process, "net_connections") else process.connections)(kind)

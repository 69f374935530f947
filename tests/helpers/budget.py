"""What a notebook may take of a small machine: processor seconds, whatever runs beside it, and memory."""

PEAK_BYTES = 1.5e9  # a free Binder has 2 GB


def within(seconds: float, worked: float, peak: int, record_property) -> None:
    """Both stay below their bounds; what they were is kept in the test's report."""
    record_property("processor_seconds", round(worked, 1))
    record_property("peak_mb", round(peak / 1e6))
    print(f"{worked:.1f} s of a processor, {peak / 1e9:.2f} GB")
    assert worked <= seconds
    assert peak <= PEAK_BYTES

"""A notebook keeps to what tools/budgets.py promises."""

from tools.budgets import PEAK_BYTES


def within(seconds: float, worked: float, peak: int, record_property) -> None:
    """Both stay below their bounds; what they were is kept in the test's report."""
    record_property("processor_seconds", round(worked, 1))
    record_property("peak_mb", round(peak / 1e6))
    print(f"{worked:.1f} s of a processor, {peak / 1e9:.2f} GB")
    assert worked <= seconds
    assert peak <= PEAK_BYTES

"""When something was handed in, and how late, in words."""

from datetime import datetime


def moment(when: datetime | None) -> str:
    """A time of the gradebook, which is in UTC; "" where none is known."""
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else ""


def duration(seconds: float) -> str:
    """How long, in its two largest units: "2 days 3 h", "5 min"; "" for nothing."""
    minutes = -int(-seconds // 60)  # a second late is late
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, f"{days} day{'s' * (days > 1)}"), (hours, f"{hours} h"), (minutes, f"{minutes} min")]
    return " ".join([words for number, words in parts if number][:2])

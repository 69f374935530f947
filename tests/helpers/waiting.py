"""What comes true a little later: a page that is laid out anew, a line of a log."""

import time
from collections.abc import Callable


def eventually(look: Callable, right: Callable, seconds: float = 10.0):
    """What `look` gives as soon as it is right, or what it gives when the seconds are over."""
    end = time.monotonic() + seconds
    while not right(found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found

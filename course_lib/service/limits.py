"""What a service takes, and how it says no: each limit once, with the reason for its number."""

from dataclasses import dataclass, fields

from course_lib.errors import SettingsError


@dataclass(frozen=True)
class Limits:
    """What one service takes at most. All are above zero.

    Attributes:
        bytes: of a request's body. A telephone's photographs have 2 to 8 MB.
        pixels: of a picture, as its header states them. Telephones give 12 to 24 million. Decoding takes 14 bytes for
            each as a rule and 26 for one of 16 bits: at most 650 MB, of the 2 GB of a free Binder.
        requests: that are being read, wait or are worked on. Together with `bytes` it bounds the memory.
        connections: that are open, whether something is asked on them or not. Each takes a file descriptor, of which
            macOS gives a process 256.
        seconds: to send a request's head, as many to send its body, and as many to wait for the tags.
    """

    bytes: int = 10 * 2**20
    pixels: int = 25_000_000
    requests: int = 16
    connections: int = 64
    seconds: float = 30.0

    def __post_init__(self):
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise SettingsError(
                    f"A service cannot keep to the limit {field.name!r}.",
                    expected="a number above zero",
                    got=repr(getattr(self, field.name)),
                )


LIMITS = Limits()


class Refused(Exception):
    """A request that gets a reason in place of tags.

    Attributes:
        status: of HTTP. 4xx: the request is at fault; 5xx: the service.
        reason: one sentence in plain words. It says nothing of the machine that it is written on.
        headers: that go with it.
    """

    def __init__(self, status: int, reason: str, **headers: str):
        super().__init__(reason)
        self.status, self.reason = status, reason
        self.headers = {name.replace("_", "-").title(): value for name, value in headers.items()}

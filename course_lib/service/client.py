"""Ask a service, from a notebook or from anywhere else."""

from pathlib import Path
from typing import Any, NamedTuple

from course_lib.errors import ServiceError

SECONDS = 60.0  # longer than a service lets its clients wait


class Answer(NamedTuple):
    """What a service said. As text: the tags ("tabby 0.62, tiger cat 0.21"), or why there are none.

    Attributes:
        status: of HTTP, 200 where it has looked at the picture.
        tags: names with confidences, the surest first.
        reason: why there are none; "" where there are.
    """

    status: int
    tags: list[tuple[str, float]]
    reason: str

    def __str__(self) -> str:
        return ", ".join(f"{name} {confidence:.2f}" for name, confidence in self.tags) or self.reason


def ask(url: str, file: Path | str | bytes, name: str = "") -> Answer:
    """The tags of a picture.

    Args:
        url: of the service, without /tags.
        file: where it lies, or its bytes.
        name: that the service hears; "" for the file's own.

    Raises ServiceError where nobody answers at this address. A refusal is no error: see the answer's status and reason.
    """
    data = file if isinstance(file, bytes) else Path(file).read_bytes()
    heard = name or ("picture" if isinstance(file, bytes) else Path(file).name)
    reply = _request("POST", f"{url}/tags", files={"file": (heard, data)})
    said = _json(reply)
    tags = [(tag["name"], tag["confidence"]) for tag in said.get("tags", [])]
    return Answer(reply.status_code, tags, said.get("reason", ""))


def health(url: str) -> dict[str, Any]:
    """What a service says of itself. Raises ServiceError where nobody answers at this address."""
    return _json(_request("GET", f"{url}/health"))


def _request(method: str, url: str, **content: Any):
    import httpx

    secret = url.startswith("https:")  # else there is no certificate to verify, and none of the world's to be loaded
    try:  # trust_env: a proxy that the environment names cannot reach our loopback
        return httpx.request(method, url, timeout=SECONDS, trust_env=False, verify=secret, **content)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise ServiceError(
            "No service answers.",
            expected=f"a running service at {url}",
            got=str(error) or type(error).__name__,
            advice="start one: service = serving(tag), and then ask(service.url, file)",
        ) from error


def _json(reply: Any) -> dict[str, Any]:
    """What was said; ServiceError where it is no JSON, as of another server at this address."""
    try:
        return dict(reply.json())
    except (TypeError, ValueError) as error:
        raise ServiceError(
            "Something else answers.",
            expected=f"a service of the course at {reply.url}",
            got=f"{reply.status_code}, {reply.headers.get('content-type', 'of no stated type')}",
        ) from error

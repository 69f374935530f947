"""The service as an application: two addresses, and one shape for all that it says.

    POST /tags     a form with one file   {"tags": [{"name": "tabby", "confidence": 0.62}], "reason": ""}
    GET  /health                          {"status": "ok", "requests": 0}

Where the tagging function is not sure enough, the tags are empty and the reason says so: that is an answer, not an
error. Whatever cannot be answered is {"reason": "…"} with a status of 4xx or 5xx.
"""

import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import torch
from jaxtyping import UInt8
from torch import Tensor

from course_lib.service.limits import LIMITS, Limits, Refused
from course_lib.service.picture import decode
from course_lib.service.upload import read_upload
from course_lib.service.worker import Worker

log = logging.getLogger(__name__)

Tag = Callable[[UInt8[Tensor, "3 h w"]], list[tuple[str, float]]]
PATIENCE = 2.0  # seconds that a stopping service waits for a tagging function that hangs
UNSURE = "No tag is sure enough."
ELSEWHERE = "There is nothing here: POST a picture to /tags, or GET /health."
NOT_SO = "This address is asked otherwise: POST a picture to /tags, or GET /health."


def create_app(tag: Tag, limits: Limits = LIMITS):
    """The FastAPI application around a tagging function.

    Args:
        tag: from a uint8 image [3, h, w], RGB, to pairs of a name and a confidence between 0 and 1, the surest first;
            to an empty list where it is not sure enough. It is called by one thread, one image at a time, without
            gradients.
    """
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

    worker = Worker(limits.requests)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        worker.start()
        yield
        worker.stop(PATIENCE)

    app = FastAPI(lifespan=life, openapi_url=None, redirect_slashes=False)

    @app.post("/tags")
    async def tags(request: Request):
        with worker.place() as work:
            data = await read_upload(request, limits)
            return JSONResponse(await work(lambda: answer(tag, data, limits), limits.seconds))

    @app.get("/health")
    async def health():
        return JSONResponse({"status": "ok", "requests": worker.taken})

    async def refuse(request: Request, error: Exception):
        said = error if isinstance(error, Refused) else Refused(error.status_code, NOTHING[error.status_code])
        headers = said.headers | dict(getattr(error, "headers", None) or {})
        return JSONResponse({"reason": said.reason}, said.status, headers)

    for kind in (Refused, *NOTHING):
        app.add_exception_handler(kind, refuse)
    return app


NOTHING = {404: ELSEWHERE, 405: NOT_SO}


def answer(tag: Tag, data: bytes, limits: Limits) -> dict[str, Any]:
    """What the service says of the bytes of a file.

    Raises Refused: 4xx where they are no picture that it takes, 500 where the tagging function fails or gives something
    else; the log has its traceback then, the answer only its kind.
    """
    image = decode(data, limits)
    try:
        with torch.no_grad():
            found = tag(image)
    except BaseException as error:
        log.exception("The tagging function failed.")
        raise Refused(500, f"The tagging function failed: {type(error).__name__}.") from error
    pairs = _pairs(found)
    return {
        "tags": [{"name": name, "confidence": confidence} for name, confidence in pairs],
        "reason": "" if pairs else UNSURE,
    }


def _pairs(found: Any) -> list[tuple[str, float]]:
    """What a tagging function gave, as plain names and numbers; numbers may be NumPy's or tensors."""
    try:
        pairs = [(str(name), float(confidence)) for name, confidence in found]
    except (TypeError, ValueError, RuntimeError) as error:
        raise Refused(500, "The tagging function gave no list of (name, confidence) pairs.") from error
    if not all(math.isfinite(confidence) and 0 <= confidence <= 1 for _, confidence in pairs):
        raise Refused(500, "The tagging function gave a confidence that is not between 0 and 1.")
    return pairs

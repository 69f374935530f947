"""A small tagging service: a picture goes in over HTTP, names with confidences come out, or a reason why not.

    with serving(tag) as service:
        print(ask(service.url, "photo.jpg"))

`tag` is any function from a uint8 image [3, h, w] to (name, confidence) pairs.
"""

from course_lib.service.app import create_app
from course_lib.service.client import Answer, ask, health
from course_lib.service.limits import LIMITS, Limits, Refused
from course_lib.service.running import Service, serving

__all__ = ["LIMITS", "Answer", "Limits", "Refused", "Service", "ask", "create_app", "health", "serving"]

"""Where a notebook runs, and with what: Google Colab, Binder, a JupyterHub or one's own machine, on a GPU or a CPU."""

import os

from course_lib.settings import wants_full

PLACES = {  # the variable that each of them sets
    "COLAB_RELEASE_TAG": "Google Colab",
    "BINDER_LAUNCH_HOST": "Binder",
    "JUPYTERHUB_USER": "JupyterHub",  # Binder is one, too
}
RESTART = "in a cell above this one, then restart the session"


def place() -> str:
    """What this machine is: one of `PLACES`, or "this machine"."""
    return next((name for variable, name in PLACES.items() if variable in os.environ), "this machine")


def gpus() -> list[str]:
    """Name and memory of each GPU that PyTorch can use; [] where there is none."""
    import torch

    found = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    names = [f"{gpu.name}, {gpu.total_memory / 1e9:.1f} GB" for gpu in found]
    return names + (["Apple GPU (COURSE_DEVICE=mps)"] if torch.backends.mps.is_available() else [])


def greeting() -> str:
    """Where we are and, for the profile in force, what a GPU changes here.

    The settings are not read for it: a later cell may still set the environment.
    """
    full, found = wants_full(), gpus()
    said = f"The course runs on {place()}, {'GPU ' + '; '.join(found) if found else 'without a GPU'}."
    if found and full:
        return f"{said} The profile full trains on it."
    if found:
        return f"{said} The profile mini needs none; for the papers' data: %env COURSE_PROFILE=full {RESTART}."
    if full:
        return f"{said} Slower here: every training of the profile full, which is made for a GPU."
    return f"{said} Nothing in the profile mini is slower for it; trainings in COURSE_PROFILE=full would be."

"""An explorer as a test sees it: its controls, its picture, its words."""

from types import SimpleNamespace


def widgets(view):
    """The controls in order, the picture and the words of an explorer."""
    controls, shown, *_ = view.children
    return SimpleNamespace(controls=controls.children, image=shown.children[0], words=shown.children[1])


def control(view, start):
    """The control whose description begins like this."""
    return next(one for one in view.controls if one.description.startswith(start))


def ends(one):
    """The last and the first value of a slider or a menu; none of a text, or of buttons, which steer other sliders."""
    if hasattr(one, "max"):
        return [one.max, one.min]
    if type(one).__name__ not in ("SelectionSlider", "Dropdown"):
        return []
    options = [option[1] if isinstance(option, tuple) else option for option in one.options]
    return [options[-1], options[0]]

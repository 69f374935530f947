"""Unit 00: wrong versions of `shift_sensitivity`."""

import torch

from autograder.misconceptions import wrong


def _right(image, shift):
    """Round in a circle."""
    return image.roll(shift, dims=2)


def _outputs(model, images, quiet=True):
    """The outputs for images, one image after the other, in a row of numbers each; `quiet` leaves no trace."""
    modes = {module: module.training for module in model.modules()}
    if quiet:
        model.eval()
    with torch.no_grad():
        rows = [model(image[None]).flatten() for image in images]
    for module, mode in modes.items():
        module.training = mode
    return torch.stack(rows)


def _change(model, image, shifts, move=_right, **options):
    """The right answer where `move` moves the image to the right."""
    outputs = _outputs(model, [image, *(move(image, shift) for shift in shifts)], **options)
    return (outputs[1:] - outputs[0]).norm(dim=1) / outputs[0].norm()


@wrong(
    "shift_sensitivity",
    "along-height",
    "Your image moves down instead of to the right. In [c, h, w] the width is the last axis.",
)
def along_height(model, image, shifts):
    return _change(model, image, shifts, lambda image, shift: image.roll(shift, dims=1))


@wrong("shift_sensitivity", "moves-left", "A positive shift moves your image to the left; here it moves to the right.")
def moves_left(model, image, shifts):
    return _change(model, image, shifts, lambda image, shift: image.roll(-shift, dims=2))


@wrong(
    "shift_sensitivity",
    "black-comes-in",
    "Black columns come into your image, so it also loses a part. Here what leaves on one side comes in on the other.",
)
def black_comes_in(model, image, shifts):
    def move(image, shift):
        columns = torch.arange(image.shape[2], device=image.device) - shift
        return image.roll(shift, dims=2) * ((columns >= 0) & (columns < image.shape[2]))

    return _change(model, image, shifts, move)


@wrong(
    "shift_sensitivity",
    "cumulative",
    "You move the image that was moved before. Each shift starts from the image itself.",
)
def cumulative(model, image, shifts):
    return _change(model, image, torch.tensor(shifts).cumsum(0).tolist())


@wrong(
    "shift_sensitivity",
    "absolute",
    "You report the change itself. Divide by the norm of the output, so that networks can be compared.",
)
def absolute(model, image, shifts):
    outputs = _outputs(model, [image, *(image.roll(shift, dims=2) for shift in shifts)])
    return (outputs[1:] - outputs[0]).norm(dim=1)


@wrong(
    "shift_sensitivity",
    "by-the-moved",
    "You divide by the norm of the moved image's output; the denominator is that of the image itself.",
)
def by_the_moved(model, image, shifts):
    outputs = _outputs(model, [image, *(image.roll(shift, dims=2) for shift in shifts)])
    return (outputs[1:] - outputs[0]).norm(dim=1) / outputs[1:].norm(dim=1)


@wrong("shift_sensitivity", "squared", "Your numbers are squared: take the root of numerator and denominator.")
def squared(model, image, shifts):
    return _change(model, image, shifts) ** 2


@wrong("shift_sensitivity", "images-compared", "You compare the images, not what the network says about them.")
def images_compared(model, image, shifts):
    moved = torch.stack([image, *(image.roll(shift, dims=2) for shift in shifts)]).flatten(1)
    return (moved[1:] - moved[0]).norm(dim=1) / moved[0].norm()


@wrong(
    "shift_sensitivity",
    "train-mode",
    "You leave the network in training mode: batch norm then looks at the moved image itself, and remembers it.",
)
def train_mode(model, image, shifts):
    return _change(model, image, shifts, quiet=False)


@wrong(
    "shift_sensitivity",
    "left-in-eval",
    "You leave the network in evaluation mode. Give it back as you got it.",
    slip=True,
)
def left_in_eval(model, image, shifts):
    change = _change(model, image, shifts)
    model.eval()
    return change


@wrong(
    "shift_sensitivity",
    "all-in-train",
    "You put the whole network back into training mode, also those of its modules that were in evaluation mode.",
    slip=True,
)
def all_in_train(model, image, shifts):
    training, change = model.training, _change(model, image, shifts)
    model.train(training)
    return change


@wrong(
    "shift_sensitivity",
    "with-graph",
    "Your answer still holds the graph of the network, which fills the memory. Work under `no_grad`.",
    slip=True,
)
def with_graph(model, image, shifts):
    scale = sum(parameter.sum() for parameter in model.parameters())
    return _change(model, image, shifts) + 0 * scale

"""Unit 00: wrong versions of `train_step`."""

import torch
from torch.nn import functional

from autograder.misconceptions import wrong


def _step(model, images, labels, optimizer, loss=functional.cross_entropy):
    """The right step where `loss` is that of logits and labels."""
    model.train()
    optimizer.zero_grad()
    value = loss(model(images), labels)
    value.backward()
    optimizer.step()
    return value.item()


@wrong(
    "train_step",
    "not-zeroed",
    "You never set the gradients to zero. `backward` adds to what it finds, so your step follows the sum over all "
    "batches so far.",
)
def not_zeroed(model, images, labels, optimizer):
    model.train()
    value = functional.cross_entropy(model(images), labels)
    value.backward()
    optimizer.step()
    return value.item()


@wrong(
    "train_step",
    "zeroed-before-the-step",
    "You set the gradients to zero between `backward` and the step: when the optimizer reads them, they are gone.",
)
def zeroed_before_the_step(model, images, labels, optimizer):
    model.train()
    value = functional.cross_entropy(model(images), labels)
    value.backward()
    optimizer.zero_grad()
    optimizer.step()
    return value.item()


@wrong(
    "train_step",
    "step-before-backward",
    "The optimizer takes its step before `backward` has worked the gradients out, so it has nothing to follow.",
)
def step_before_backward(model, images, labels, optimizer):
    model.train()
    optimizer.zero_grad()
    value = functional.cross_entropy(model(images), labels)
    optimizer.step()
    value.backward()
    return value.item()


@wrong(
    "train_step",
    "no-step",
    "You work the gradients out, and no weight moves: the optimizer never takes its step.",
)
def no_step(model, images, labels, optimizer):
    model.train()
    optimizer.zero_grad()
    value = functional.cross_entropy(model(images), labels)
    value.backward()
    return value.item()


@wrong(
    "train_step",
    "summed",
    "You add up the losses of the images. With the mean, a step is as long for a large batch as for a small one.",
)
def summed(model, images, labels, optimizer):
    return _step(model, images, labels, optimizer, lambda x, y: functional.cross_entropy(x, y, reduction="sum"))


@wrong(
    "train_step",
    "mean-of-the-mean",
    "You divide by the number of images, but cross-entropy has done so already: it gives the mean.",
)
def mean_of_the_mean(model, images, labels, optimizer):
    return _step(model, images, labels, optimizer, lambda x, y: functional.cross_entropy(x, y) / len(y))


@wrong(
    "train_step",
    "softmax-twice",
    "You apply softmax before the cross-entropy, which has one inside. It takes the network's logits as they are.",
)
def softmax_twice(model, images, labels, optimizer):
    return _step(model, images, labels, optimizer, lambda x, y: functional.cross_entropy(x.softmax(dim=1), y))


@wrong(
    "train_step",
    "no-softmax",
    "`nll_loss` takes logarithms of probabilities, and you give it logits: your loss can fall below zero without end.",
)
def no_softmax(model, images, labels, optimizer):
    return _step(model, images, labels, optimizer, functional.nll_loss)


@wrong(
    "train_step",
    "squared-error",
    "You take the squared error to a vector of zeros and a one. Here the loss is the cross-entropy of the softmax.",
)
def squared_error(model, images, labels, optimizer):
    def loss(x, y):
        return functional.mse_loss(x, functional.one_hot(y, x.shape[1]).to(x.dtype))

    return _step(model, images, labels, optimizer, loss)


@wrong(
    "train_step",
    "in-eval",
    "You train in evaluation mode: batch norm then uses its old running statistics, and they never move.",
)
def in_eval(model, images, labels, optimizer):
    model.eval()
    optimizer.zero_grad()
    value = functional.cross_entropy(model(images), labels)
    value.backward()
    optimizer.step()
    return value.item()


@wrong(
    "train_step",
    "mode-as-found",
    "You train in the mode in which the network comes. Whoever measured its accuracy before may have left it in "
    "evaluation mode.",
)
def mode_as_found(model, images, labels, optimizer):
    optimizer.zero_grad()
    value = functional.cross_entropy(model(images), labels)
    value.backward()
    optimizer.step()
    return value.item()


@wrong(
    "train_step",
    "loss-after",
    "You return the loss after the step, from a second forward pass. Return the one whose gradient the step followed.",
)
def loss_after(model, images, labels, optimizer):
    _step(model, images, labels, optimizer)
    with torch.no_grad():
        return functional.cross_entropy(model(images), labels).item()


@wrong(
    "train_step",
    "two-forward-passes",
    "The images pass the network twice in one step. That doubles the work, and batch norm's running statistics move "
    "twice.",
)
def two_forward_passes(model, images, labels, optimizer):
    model.train()
    model(images)
    return _step(model, images, labels, optimizer)


@wrong(
    "train_step",
    "step-per-image",
    "You take one step per image. A mini-batch is one step, along the mean of its images' gradients.",
)
def step_per_image(model, images, labels, optimizer):
    losses = [_step(model, images[i : i + 1], labels[i : i + 1], optimizer) for i in range(len(labels))]
    return sum(losses) / len(losses)


@wrong(
    "train_step",
    "new-optimizer",
    "You make an optimizer of your own at each call. It has forgotten the momentum, and which weights were to move.",
)
def new_optimizer(model, images, labels, optimizer):
    return _step(model, images, labels, type(optimizer)(model.parameters(), **optimizer.defaults))


@wrong(
    "train_step",
    "by-hand",
    "You subtract learning rate times gradient yourself. Momentum, weight decay and Adam are the optimizer's: call its "
    "`step`.",
)
def by_hand(model, images, labels, optimizer):
    model.train()
    model.zero_grad()
    value = functional.cross_entropy(model(images), labels)
    value.backward()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.grad is not None:
                weight -= optimizer.param_groups[0]["lr"] * weight.grad
    return value.item()


@wrong(
    "train_step",
    "zeroed-at-the-end",
    "You set the gradients to zero only after the step. What was left in them before still counts in your first step.",
    slip=True,
)
def zeroed_at_the_end(model, images, labels, optimizer):
    model.train()
    value = functional.cross_entropy(model(images), labels)
    value.backward()
    optimizer.step()
    optimizer.zero_grad()
    return value.item()


@wrong(
    "train_step",
    "graph-kept",
    "You return the loss with its graph. Whoever keeps a list of such losses keeps the maps of all steps in memory.",
    slip=True,
)
def graph_kept(model, images, labels, optimizer):
    model.train()
    optimizer.zero_grad()
    value = functional.cross_entropy(model(images), labels)
    value.backward()
    optimizer.step()
    return value


@wrong(
    "train_step",
    "back-to-eval",
    "After the step you switch the network to evaluation mode. That is for whoever measures, not for training.",
    slip=True,
)
def back_to_eval(model, images, labels, optimizer):
    value = _step(model, images, labels, optimizer)
    model.eval()
    return value

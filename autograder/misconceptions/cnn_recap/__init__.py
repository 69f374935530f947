"""Unit 00, CNNs, a recap: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.cnn_recap import (
    conv2d,
    count_cost,
    inception_module,
    max_pool2d,
    receptive_field,
    residual_block,
    train_step,
)

MISCONCEPTIONS = gathered(
    conv2d,
    max_pool2d,
    count_cost,
    receptive_field,
    inception_module,
    residual_block,
    train_step,
)

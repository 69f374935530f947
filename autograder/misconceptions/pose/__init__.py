"""Unit 06, Human pose heatmaps: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.pose import (
    decode_heatmaps,
    disk_targets,
    flip_pose,
    heatmap_loss,
    hourglass,
    pck,
)

MISCONCEPTIONS = gathered(disk_targets, heatmap_loss, decode_heatmaps, flip_pose, pck, hourglass)

"""Right answers to unit 08, one image after the other."""

import torch


def standardize(images):
    answer = torch.zeros_like(images)
    for place, image in enumerate(images):
        apart = image - image.mean()
        deviation = (apart**2).mean() ** 0.5
        if deviation > 0:
            answer[place] = apart / deviation
    return answer

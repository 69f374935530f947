"""Right answers to unit 08, without loops."""


def standardize(images):
    apart = images - images.mean(dim=(1, 2), keepdim=True)
    deviation = apart.square().mean(dim=(1, 2), keepdim=True).sqrt()
    return (apart / deviation).masked_fill(deviation == 0, 0)

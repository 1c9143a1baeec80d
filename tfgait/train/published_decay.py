"""The L2 terms of the published trainings, as coupled weight decay."""

from tfgait.core.errors import ConfigError

# {network: (layers, factor of the squared weights in the loss)}; biases and all other layers have none.
PUBLISHED_L2 = {
    "cnn2d": (("conv1", "conv2", "conv3", "conv4"), 5e-5),
    "cnn3d": (("gray_code",), 1e-3),
    "cnn2plus1d": (("gray_code",), 1e-3),
}


def published_decay(network):
    """Return ``{path of a kernel: decay}`` for `Step`: a term f · w² in the loss is 2 f · w in the gradient.

    Args:
        network: a network of `tfgait.nets`.

    Raises:
        ConfigError: it was published without such a term.

    Reference: the regularisers of Embedded-Gait's convolutions and of its layer "grayCode".
    """
    if network.name not in PUBLISHED_L2:
        raise ConfigError(
            f"published_l2 is that of {', '.join(PUBLISHED_L2)}. Received: a {network.name}, published without one."
        )
    layers, factor = PUBLISHED_L2[network.name]
    return {network.get_layer(name).kernel.path: 2 * factor for name in layers}

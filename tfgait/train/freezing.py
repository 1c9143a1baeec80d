"""Which layers of a network stand still while the others train."""


def freeze(network, trained=()):
    """Let the weights of these layers train alone; what the others have stays as it is, bit for bit.

    Call it before the optimizer is built.

    Args:
        network: a functional Keras model.
        trained: names of layers; those the network does not have are passed over.

    Returns:
        names of the layers with weights that stand still.
    """
    still = [layer for layer in network.layers if layer.weights and layer.name not in trained]
    for layer in still:
        layer.trainable = False
    return tuple(layer.name for layer in still)

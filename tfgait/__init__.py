"""tfgait: recognise people by their walk, with networks small and fast enough for a board.

Example:
    >>> import tfgait
    >>> network = tfgait.load("gaitset_walkers")
"""

__version__ = "0.1.0"


def load(name):
    """Load a shipped or trained network.

    Args:
        name: a preset of `models/` (``"gaitset_walkers"``), a run folder, a ``.keras`` file, or an ``.h5`` or ``.hdf5``
            file of Embedded-Gait.

    Returns:
        A Keras model, compiled for nothing, loaded in safe mode.

    Raises:
        tfgait.core.errors.UserError: no such preset, folder or file, or a file that is no network.
    """
    from tfgait.workflows.models import load_network

    return load_network(name)

"""Scores of networks on the people or sequences that a training holds out."""

import keras

from tfgait.workflows.training_data import training_data


def held_out_scores(options, networks, parent, progress=None):
    """Return the scores of each network, {} where a training by these options holds nothing out.

    Args:
        options: resolved `TrainOptions`.
        networks: Keras networks of one kind of input.
        parent: `ModelRef` whose classifier they have, which counts where sequences are held out.
        progress: called with (done, total, what).

    Raises:
        ConfigError, DataError: the data cannot be used by these options.
    """
    data = training_data(options, networks[0].modality, progress)
    head = _head(parent, data.classes) if options.val == "sequences" else None
    if data.validate is None or (options.val == "sequences" and head is None):
        return [{} for _ in networks]
    found = []
    for network in networks:
        if progress:
            progress(len(found), len(networks), "scores before fine-tuning")
        found.append(data.validate(network, head))
    return found


def _head(parent, classes):
    """Return the classifier beside a model where it tells these people apart, else None."""
    path = parent.path.parent / "head.keras"
    if not path.is_file() or parent.manifest.get("classes") != list(classes):
        return None
    return keras.saving.load_model(path, compile=False, safe_mode=True)

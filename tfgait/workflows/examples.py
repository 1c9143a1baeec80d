"""Batches of training people with the loss a network is trained by: what criteria that need data are given."""

import dataclasses
import itertools
from dataclasses import dataclass
from functools import partial

from tfgait.core.home import runs_dir
from tfgait.workflows.data import check_frames
from tfgait.workflows.fine_tuning import tuning
from tfgait.workflows.network_choice import choose_frames
from tfgait.workflows.train_resolved import resolved

BATCHES = 8
PEOPLE, EACH = 8, 4  # of a batch whose recipe has no people by sequences


@dataclass(frozen=True)
class Examples:
    """The first batches of a training, the same at every pass.

    Args:
        batches: function of (epoch, step) to ({modality: array}, labels).
        count: how many.
        head, objective: the classifier or None, and the `Objective`.
    """

    batches: object
    count: int
    head: object
    objective: object

    def __iter__(self):
        """Yield (inputs, loss): what the network takes, and a function of its outputs that returns a scalar."""
        import tensorflow as tf

        from tfgait.train.step import to_network

        for inputs, labels in itertools.islice(self.batches(0, 0), self.count):
            yield to_network(tf.nest.map_structure(tf.convert_to_tensor, inputs)), partial(self._loss, labels)

    def _loss(self, labels, outputs):
        if self.head is not None:
            outputs = {**outputs, "logits": self.head(outputs["embedding"], training=False)}
        return self.objective(labels, outputs)[0]


def examples_of(network, parent, options, progress=None):
    """Return the `Examples` of a network: people who train, batches and loss of the training it comes from.

    Where that needs a classifier which is not there, or tells other people apart, the loss is the triplet loss.

    Args:
        network: the network.
        parent: its `ModelRef`.
        options: `PruneOptions`, whose data they come from.
        progress: called with (done, total, what).

    Raises:
        ConfigError: more is asked of the data than they have.
        DataError: data that cannot be used.
    """
    from tfgait.workflows.learners import make_learner
    from tfgait.workflows.training_batches import training_batches
    from tfgait.workflows.training_data import training_data

    recipe = tuning(dataclasses.replace(options, epochs=1), parent, network.name, runs_dir(), "")
    if not (parent.run and (parent.run / "head.keras").is_file()):
        recipe = _triplet(recipe)
    frames = {"frames": choose_frames(recipe, network), "mod": network.modality}
    recipe = resolved(dataclasses.replace(recipe, initnet=str(parent.path), **frames), network.name, parent.name)
    data = training_data(recipe, network.modality, progress)
    check_frames(data.store, network, parent.name)
    learner, objective, notes = make_learner(recipe, network, data.classes)
    if notes:
        recipe = _triplet(recipe)
        learner, objective, _ = make_learner(recipe, network, data.classes)
    _, batches = training_batches(recipe, data.fitting, data.labels(data.fitting))
    return Examples(batches, BATCHES, learner.head, objective)


def _triplet(recipe):
    """Return a recipe whose loss needs no classifier; one that draws people by sequences already keeps its batch."""
    p, k = recipe.batch_p or PEOPLE, recipe.batch_k or EACH
    alone = {"loss": "triplet", "cross_weight": -1, "val": "", "monitor": ""}
    return dataclasses.replace(recipe, **alone, batch_p=p, batch_k=k, bs=p * k)

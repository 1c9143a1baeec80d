"""A float32 copy of a learner that is measured and saved, while the learner itself stays as training left it."""

import keras

from tfgait.train.optimizers import moving_average


class Twin:
    """A network and head of the same config, outside every strategy and precision policy.

    Args:
        learner: `Learner`.
        optimizer: its optimizer, built.
    """

    def __init__(self, learner, optimizer):
        self._learner, self._average = learner, moving_average(optimizer)
        self._network, self._head = _copy(learner.network), _copy(learner.head)

    def load(self, average=False):
        """Return (network, head) with the present weights, or with their moving average; head may be None.

        (None, None) where the average is asked for and none is kept. What does not train, such as the statistics of
        a normalisation, is the present one in both.
        """
        values = {}
        if average:
            if self._average is None:
                return None, None
            values = {id(v): a for v, a in zip(self._learner.trainable_variables, self._average, strict=True)}
        for copy, original in ((self._network, self._learner.network), (self._head, self._learner.head)):
            if copy is not None:
                copy.set_weights([keras.ops.convert_to_numpy(values.get(id(w), w)) for w in original.weights])
        return self._network, self._head


def _copy(model):
    if model is None:
        return None
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        return type(model).from_config(model.get_config())
    finally:
        keras.config.set_dtype_policy(policy)

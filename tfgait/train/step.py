"""One step of training as one `tf.function`, the same under every strategy."""

import tensorflow as tf

from tfgait.core.errors import ConfigError
from tfgait.core.modality import MODALITIES
from tfgait.data.pipeline import to_device_units


class Step:
    """Forward, backward, reduce, clip, decay, update.

    Every replica gathers the embeddings of all, so that a batch-wise loss sees the whole batch: the result does not
    depend on how many replicas share the work. Gradients are clipped after the reduce; the coupled weight decay is
    added to the clipped gradient.

    Args:
        learner: `Learner`, made in the scope of `strategy`, as is `optimizer`.
        objective: `Objective`.
        optimizer: a Keras optimizer.
        strategy: `tf.distribute.Strategy`.
        weight_decay: coupled decay, at least 0: of all variables, or ``{path of a variable: decay}`` of some.
        clip_norm: largest norm of the whole gradient; 0 for no limit.
        teacher: `Learner` whose outputs on the same batch the objective's terms may be given; it runs as in inference,
            is not trained, and is no part of what is saved. None: no term distils.

    Call arguments:
        inputs: {modality: (B, T, H, W, C)}; whole numbers are taken as stored and scaled to the network's unit on the
            device, float32 is passed as it is. `length (B,)` is passed as it is.
        labels: (B,) whole numbers.

    Returns:
        dict of scalar tensors: loss, the objective's statistics, and `gradient_norm` before it is clipped; with loss
        scaling 0 where it is not finite and the update was skipped.
    """

    def __init__(self, learner, objective, optimizer, strategy, weight_decay=0.0, clip_norm=0.0, teacher=None):
        decays = weight_decay.values() if isinstance(weight_decay, dict) else (weight_decay,)
        for name, value in (*(("weight_decay", d) for d in decays), ("clip_norm", clip_norm)):
            if not value >= 0:
                raise ConfigError(f"{name} must be at least 0. Received: {name}={value}.")
        self.learner, self.objective, self.optimizer, self.strategy = learner, objective, optimizer, strategy
        self.weight_decay, self.clip_norm, self.teacher = weight_decay, clip_norm, teacher
        self.function = tf.function(self._all_replicas)

    def __call__(self, inputs, labels):
        return self.function(inputs, labels)

    @property
    def traces(self):
        """How often the step was traced; more than once means that batches differ in shape or type."""
        return self.function.experimental_get_tracing_count()

    def _all_replicas(self, inputs, labels):
        stats = self.strategy.run(self._replica, args=(inputs, labels))
        # Every replica has computed the statistics of the whole batch.
        return {name: self.strategy.reduce("MEAN", value, axis=None) for name, value in stats.items()}

    def _replica(self, inputs, labels):
        replica = tf.distribute.get_replica_context()
        replicas = self.strategy.num_replicas_in_sync
        variables = self.learner.trainable_variables
        inputs = to_network(inputs)
        taught = {} if self.teacher is None else self.teacher(inputs, training=False)
        with tf.GradientTape() as tape:
            outputs = self.learner.network(inputs, training=True)
            if replicas > 1:
                outputs, taught, labels = tf.nest.map_structure(
                    lambda value: replica.all_gather(value, axis=0), (outputs, taught, labels)
                )
            loss, stats = self.objective(labels, self.learner.classify(outputs, training=True), taught)
            scaled = self.optimizer.scale_loss(loss / replicas)
        gradients = tape.gradient(scaled, [v.value for v in variables])
        pairs = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
        gradients, variables = [g for g, _ in pairs], [v for _, v in pairs]
        if replicas > 1:
            gradients = replica.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        gradients, norm = self._shaped(gradients, variables, replicas)
        self.optimizer.apply(gradients, variables)
        return {"loss": loss, **stats, "gradient_norm": norm}

    def _shaped(self, gradients, variables, replicas):
        """Clip and decay; the optimizer sums over the replicas once more and takes the loss scale off again."""
        scale = getattr(self.optimizer, "dynamic_scale", None)
        if scale is not None:
            gradients = [g / scale.value for g in gradients]
        norm = tf.linalg.global_norm(gradients)
        if self.clip_norm:
            gradients, _ = tf.clip_by_global_norm(gradients, self.clip_norm, norm)
        gradients = [self._decayed(g, v) for g, v in zip(gradients, variables, strict=True)]
        factor = 1 / replicas if scale is None else scale.value / replicas
        if scale is not None or replicas > 1:
            gradients = [g * factor for g in gradients]
        return gradients, norm if scale is None else tf.where(tf.math.is_finite(norm), norm, 0.0)

    def _decayed(self, gradient, variable):
        decay = self.weight_decay
        decay = decay.get(variable.path, 0.0) if isinstance(decay, dict) else decay
        return gradient + decay * variable.value if decay else gradient


def to_network(inputs):
    """Turn stored values into what the network is given, on the device; floats and `length` pass as they are."""
    return {
        name: to_device_units(value, name) if name in MODALITIES and value.dtype.is_integer else value
        for name, value in inputs.items()
    }

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgait.core.errors import ConfigError
from tfgait.nets import build
from tfgait.train.freezing import freeze
from tfgait.train.heads import SoftmaxHead
from tfgait.train.learner import Learner
from tfgait.train.loop import Trainer
from tfgait.train.objective import Objective, Term
from tfgait.train.optimizers import make_optimizer
from tfgait.train.published_decay import published_decay
from tfgait.train.strategy import make_strategy


class Nothing:
    """A loss that pulls at nothing, so that what moves is moved by the decay alone."""

    def with_stats(self, labels, embedding):
        return 0.0 * keras.ops.sum(embedding), {}


class Sum:
    def with_stats(self, labels, embedding):
        return keras.ops.mean(embedding), {}


@pytest.fixture
def strategy():
    made = make_strategy("cpu")
    with made.scope():
        yield made


def trainer(strategy, network, loss, optimizer="sgd", rate=0.1, head=None, **options):
    made, _ = make_optimizer(optimizer, rate, momentum=0.0)
    return Trainer(Learner(network, head), Objective((Term("it", loss),)), made, strategy, **options)


def batch(network):
    shape = network.input[network.modality].shape[1:]
    frames = np.random.default_rng(0).normal(size=(3, *[n or 4 for n in shape])).astype(np.float32)
    return {network.modality: tf.constant(frames)}, tf.zeros(3, tf.int32)


@pytest.mark.parametrize(("preset", "names", "factor"), [
    ("cnn2d_tiny", ("conv1", "conv2", "conv3", "conv4"), 5e-5),
    ("cnn3d_tiny", ("gray_code",), 1e-3),
    ("cnn2plus1d_tiny", ("gray_code",), 1e-3),
])  # fmt: skip
def test_published_l2_is_its_gradient_on_its_kernels_alone(strategy, preset, names, factor):
    network = build(preset)
    before = {v.path: v.numpy() for v in network.weights}
    kernels = {network.get_layer(name).kernel.path for name in names}
    decay = published_decay(network)
    assert set(decay) == kernels
    # The gradient of what Keras adds to the loss, computed by Keras.
    regulariser = keras.regularizers.L2(factor)
    rate = 10.0
    made = trainer(strategy, network, Nothing(), rate=rate, weight_decay=decay)
    made.run_step(batch(network))
    for variable in network.weights:
        start = before[variable.path]
        wanted = start
        if variable.path in kernels:
            w = tf.Variable(start)
            with tf.GradientTape() as tape:
                value = regulariser(w)
            wanted = start - rate * tape.gradient(value, w).numpy()
        np.testing.assert_allclose(variable.numpy(), wanted, rtol=1e-5, atol=1e-8)


def test_gaitset_was_published_without():
    with pytest.raises(ConfigError, match="published without one"):
        published_decay(build("gaitset_tiny"))


@pytest.mark.parametrize(("preset", "moves"), [
    ("cnn2d_tiny", ("code",)), ("cnn3d_tiny", ()), ("cnn2plus1d_tiny", ()), ("gaitset_tiny", ("encode",)),
])  # fmt: skip
def test_frozen_weights_stand_still_and_the_others_move(strategy, preset, moves):
    network = build(preset)
    assert network.fine_tuned == moves
    before = {v.path: v.numpy() for v in network.weights}
    frozen = freeze(network, network.fine_tuned)
    assert set(frozen) == {layer.name for layer in network.layers if layer.weights} - set(moves)
    head = SoftmaxHead(*network.output["embedding"].shape[1:], 3)
    made = trainer(strategy, network, Sum(), head=head, optimizer="adam")
    for _ in range(2):
        made.run_step(batch(network))
    for variable in network.weights:
        same = (variable.numpy() == before[variable.path]).all()
        assert same == (variable.path.split("/")[0] not in moves), variable.path

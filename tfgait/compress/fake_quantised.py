"""A network that computes as its int8 file will: what quantisation-aware training trains."""

import keras

from tfgait.compress.fake_quant import ActivationRange, RoundedKernel
from tfgait.core.errors import ConfigError
from tfgait.graph.costs import KERNEL_OUT
from tfgait.graph.folding import norms
from tfgait.graph.trace import trace


def _kinds(names, package="keras"):
    return {(package, name) for name in names.split()}


# These compute new values, which int8 stores with a range of their own.
RANGED = _kinds("Rescaling LeakyReLU ReLU ELU PReLU Activation Softmax Add Subtract Multiply Average Concatenate")
RANGED |= _kinds("Relu Relu6 LeakyRelu Elu Sigmoid Tanh Mean Sum GlobalAveragePooling2D")
# These move values, choose among them, or average them within their range.
MOVED = _kinds("Dropout SpatialDropout2D Identity Reshape Flatten Permute Transpose Moveaxis Swapaxes ExpandDims")
MOVED |= _kinds("Squeeze Max Min Amax Amin GetItem MaxPooling2D AveragePooling2D GlobalMaxPooling2D")
MOVED |= _kinds("ZeroPadding2D Cropping2D UpSampling2D")
MOVED |= _kinds("FoldTime UnfoldTime FramesToChannels SetPooling", "tfgait")
# These are taken apart, since tensors within them have ranges as well.
COMPOSED = _kinds("HorizontalPyramidPooling", "tfgait")
FUSED = (keras.activations.linear, keras.activations.relu, keras.activations.relu6)


class FakeQuantised(keras.Model):
    """A network with rounded kernels and activations, around the variables of the plain one.

    Every convolution and dense layer computes with its kernel rounded; every tensor for which LiteRT keeps a range is
    rounded to one; a BatchNorm that can be folded is, with its statistics as they are.

    Args:
        network: a functional Keras model of any input but `length`; it shares its variables.

    Call arguments, input and output: those of the network.

    Raises:
        ConfigError: a layer that is not known, or of which int8 has no exact form, by name; or the network is
            fake-quantised already.
    """

    def __init__(self, network):
        if isinstance(network, FakeQuantised):
            raise ConfigError(f"a network can be fake-quantised once. Received: {network.name}, which is already.")
        graph = trace(network)
        if len(graph.inputs) != 1:
            raise ConfigError(
                "a network to quantise must take one modality, without `length`. "
                f"Received: inputs={[tensor.name for tensor in graph.inputs]}."
            )
        given = {t.name: keras.Input(t.shape[1:], dtype=t.dtype, name=t.name) for t in graph.inputs}
        builder = _Builder(norms(graph))
        tensors = builder.run(graph, [builder.ranged(t, name) for name, t in given.items()], "")
        outputs = {name: tensors[id(tensor)] for name, tensor in network.output.items()}
        super().__init__(inputs=given, outputs=outputs, name=network.name)
        self.plain = network
        self._places = builder.places

    def get_config(self):
        return {"network": keras.saving.serialize_keras_object(self.plain)}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config["network"]))

    @property
    def modality(self):
        """The kind of input, as of the plain network."""
        return self.plain.modality

    @property
    def metric(self):
        """The distance its embeddings are compared by, as of the plain network."""
        return getattr(self.plain, "metric", "parts")

    @property
    def ranges(self):
        """``{tensor: (low, high)}`` of every tensor that is rounded, in the order of computation."""
        return {name: (float(place.low), float(place.high)) for name, place in self._places.items()}

    @ranges.setter
    def ranges(self, values):
        if values.keys() != self._places.keys():
            odd = sorted(values.keys() ^ self._places.keys())
            raise ConfigError(f"ranges must be those of the network's tensors. They differ in: {', '.join(odd[:5])}.")
        for name, (low, high) in values.items():
            if not float("-inf") < low <= 0 <= high < float("inf") or low == high:
                raise ConfigError(f"a range must be finite and hold zero. Received: {name}: [{low}, {high}].")
            self._places[name].low.assign(low)
            self._places[name].high.assign(high)


class _Builder:
    """Calls the operations of a graph anew, with rounding between them."""

    def __init__(self, pairs):
        self.pairs, self.places, self._wrapped = pairs, {}, {}
        self._folded = {norm.name for norm in pairs.values()}

    def run(self, graph, inputs, prefix):
        """Return ``{id of a tensor of the graph: the new tensor}``."""
        tensors = {id(old): new for old, new in zip(graph.inputs, inputs, strict=True)}
        for number, step in enumerate(graph.steps):
            layer = isinstance(step.operation, keras.Layer)
            name = prefix + (step.operation.name if layer else f"{step.kind[1].lower()}{number}")
            args, kwargs = step.arguments.fill_in(tensors)
            found = keras.tree.flatten(self._call(step, args, kwargs, name))
            tensors.update({id(old): new for old, new in zip(step.outputs, found, strict=True)})
        return tensors

    def ranged(self, tensor, name):
        """Return a tensor rounded to a range of that name."""
        # A shared layer has one range a call.
        calls = sum(known == name or known.startswith(f"{name}@") for known in self.places)
        name = f"{name}@{calls + 1}" if calls else name
        self.places[name] = ActivationRange(name=f"{name.replace('/', '_').replace('@', '_')}_range")
        return self.places[name](tensor)

    def _call(self, step, args, kwargs, name):
        operation = step.operation
        if step.kind in KERNEL_OUT:
            return self.ranged(self._rounded(operation)(args[0]), name)
        if step.kind in MOVED:
            return operation(*args, **kwargs)
        if step.kind in RANGED:
            return self.ranged(operation(*args, **kwargs), name)
        if step.kind in COMPOSED:
            given = keras.Input(batch_shape=args[0].shape, dtype=args[0].dtype)
            inner = trace(keras.Model(given, operation.call(given)))
            return self.run(inner, args[:1], f"{name}/")[id(inner.outputs[0])]
        if operation.name in self._folded:
            return args[0]
        raise ConfigError(
            f"layer {operation.name} cannot be trained for int8: {step.kind[1]} is none of the layers that are known"
            + (", and behind this layer it cannot be folded." if step.kind[1] == "BatchNormalization" else ".")
        )

    def _rounded(self, layer):
        if getattr(layer, "activation", keras.activations.linear) not in FUSED:
            raise ConfigError(
                f"layer {layer.name} cannot be trained for int8: int8 keeps a range before "
                f"{layer.activation.__name__}, so that it must be a layer of its own."
            )
        if layer.name not in self._wrapped:
            self._wrapped[layer.name] = RoundedKernel(layer, self.pairs.get(layer.name))
        return self._wrapped[layer.name]

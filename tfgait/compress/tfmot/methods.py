"""Wrappers of tensorflow-model-optimization around a twin, and off again."""

import tensorflow_model_optimization as tfmot
import tf_keras

# The schemes that keep zeros and clusters have no public name in the library.
from tensorflow_model_optimization.python.core.clustering.keras.experimental import cluster
from tensorflow_model_optimization.python.core.quantization.keras.collab_opts.cluster_preserve import (
    default_8bit_cluster_preserve_quantize_scheme as clusters_kept,
)
from tensorflow_model_optimization.python.core.quantization.keras.collab_opts.prune_preserve import (
    default_8bit_prune_preserve_quantize_scheme as zeros_kept,
)
from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import default_8bit_quantize_scheme
from tensorflow_model_optimization.python.core.quantization.keras.default_8bit.default_8bit_quantize_configs import (
    NoOpQuantizeConfig as Alone,
)

from tfgait.compress.tfmot.settings import METHODS
from tfgait.compress.tfmot.twin_layers import COUNTERPARTS

SCHEMES = {
    "qat": default_8bit_quantize_scheme.Default8BitQuantizeScheme,
    "pqat": zeros_kept.Default8BitPrunePreserveQuantizeScheme,
    "cqat": lambda: clusters_kept.Default8BitClusterPreserveQuantizeScheme(preserve_sparsity=False),
    "pcqat": lambda: clusters_kept.Default8BitClusterPreserveQuantizeScheme(preserve_sparsity=True),
}


def wrap(twin, settings, taken, steps):
    """Return the model that trains: the twin with its chosen layers wrapped, starting from the twin's weights.

    Args:
        twin: of `make_twin`.
        settings: `Settings`.
        taken: names of the layers.
        steps: of the training.
    """
    makes = METHODS[settings.method].makes
    if makes == "integers":
        if METHODS[settings.method].keeps:
            _hold(layer for layer in twin.layers if layer.name not in taken)
        with tfmot.quantization.keras.quantize_scope({cls.__name__: cls for cls in (*COUNTERPARTS.values(), Alone)}):
            annotated = tf_keras.models.clone_model(twin, clone_function=lambda layer: _annotated(layer, taken))
            return tfmot.quantization.keras.quantize_apply(annotated, SCHEMES[settings.method]())
    if makes == "zeros":
        how = _pruning(settings, steps)
        return _wrapped(twin, taken, lambda layer: tfmot.sparsity.keras.prune_low_magnitude(layer, **how))
    how = {"number_of_clusters": settings.clusters}
    how["cluster_centroids_init"] = tfmot.clustering.keras.CentroidInitialization.KMEANS_PLUS_PLUS
    if METHODS[settings.method].keeps:
        return _wrapped(twin, taken, lambda layer: cluster.cluster_weights(layer, preserve_sparsity=True, **how))
    return _wrapped(twin, taken, lambda layer: tfmot.clustering.keras.cluster_weights(layer, **how))


def unwrap(model, settings, plain):
    """Return the trained model without wrappers.

    Args:
        model: what `wrap` gave, trained.
        settings: `Settings`.
        plain: a twin without wrappers, which takes the weights where the library cannot take its wrappers off.
    """
    makes = METHODS[settings.method].makes
    if makes == "zeros":
        # What the last update moved away from zero goes back.
        for layer in model.layers:
            if hasattr(layer, "pruning_obj"):
                layer.pruning_obj.weight_mask_op()
        return tfmot.sparsity.keras.strip_pruning(model)
    if makes == "clusters":
        return tfmot.clustering.keras.strip_clustering(model)
    return _unquantised(model, plain)


def _annotated(layer, taken):
    # Where clusters are kept, the library asks for an annotation of every layer, and stops at one without.
    annotate = tfmot.quantization.keras.quantize_annotate_layer
    return annotate(layer) if layer.name in taken else annotate(layer, Alone())


def _hold(layers):
    """Let layers stand still whose zeros and clusters nothing would keep."""
    for layer in layers:
        layer.trainable = False


def _wrapped(twin, taken, wrapper):
    return tf_keras.models.clone_model(
        twin, clone_function=lambda layer: wrapper(layer) if layer.name in taken else layer
    )


def _pruning(settings, steps):
    begin, end, frequency = settings.span(steps)
    sparsity = tfmot.sparsity.keras
    if settings.method == "2_by_4":
        return {"pruning_schedule": sparsity.ConstantSparsity(0.5, begin, -1, frequency), "sparsity_m_by_n": (2, 4)}
    target = settings.target_sparsity
    if settings.method == "constant" or end == begin:
        return {"pruning_schedule": sparsity.ConstantSparsity(target, begin, -1, frequency)}
    return {"pruning_schedule": sparsity.PolynomialDecay(0.0, target, begin, end, frequency=frequency)}


def _unquantised(model, plain):
    """Give a plain twin the weights behind the fake quantisation, matched by layer and by what a weight is called."""
    wrapped = {layer.name.removeprefix("quant_"): layer for layer in model.layers}
    for layer in plain.layers:
        if layer.weights:
            found = {_what(w): w for w in wrapped[layer.name].weights}
            layer.set_weights([found[_what(w)].numpy() for w in layer.weights])
    return plain


def _what(weight):
    return weight.name.partition(":")[0].rpartition("/")[2]

"""A Keras network handed to the converter of a format."""

from itertools import chain

from tfgait.core.modality import modality
from tfgait.deploy.serving import input_of, serving
from tfgait.deploy.streaming import staged_serving

STEPS = {"int16x8": 65535}  # that an input is rounded to; 255 in all others


def write(network, path, form, calibration=None, batch=1, lowered=None, stream=False):
    """Write a network of fixed or free frames to a path, unproven, and return what it was converted from.

    Args:
        path: where to.
        network, form, calibration, batch, lowered, stream: as of `tfgait.deploy.artefact.export_network`.

    Returns:
        Its `Serving`, or `StagedServing` with `stream`; None of a .keras file.

    Raises:
        ConfigError: the network has an operator the format lacks.
    """
    if form.format == "keras":
        network.save(path)
        return None
    _, (frames, *_) = input_of(network)
    # A network with ranges of its own has its averages and matrices rounded as they are.
    int8 = form.litert_int8 and not hasattr(network, "ranges")
    steps = STEPS.get(form.precision, 255)
    # Finer activations lose nothing that kernels should pay for.
    evened = calibration if steps == 255 else None
    if stream:
        ready = staged_serving(network, int8, evened)
    else:
        ready = serving(network, batch, frames, form.lowered if lowered is None else lowered, int8, evened)
    if form.format == "savedmodel":
        from tfgait.deploy.savedmodel import save

        save(ready, path)
        return ready
    batches = None
    if calibration:
        size, length, *_ = ready.signature.shape
        kind = modality(ready.signature.name)

        def batches():
            drawn = calibration.batches(kind, length or kind.frames, size or 1, steps)
            return ready.representative(_with_extremes(drawn) if form.pixels else drawn)

    path.write_bytes(_onnx(ready, form, batches) if form.format == "onnx" else _tflite(ready, form, batches))
    return ready


def _onnx(ready, form, batches):
    from tfgait.deploy.onnx import convert

    content = convert(ready)
    if form.precision == "int8":
        from tfgait.deploy.onnx_int8 import quantise

        return quantise(content, batches)
    if form.precision == "fp16":
        from tfgait.deploy.onnx_fp16 import halve

        return halve(content)
    return content


def _tflite(ready, form, batches):
    from tfgait.deploy.tflite import convert

    return convert(ready, form.precision, batches)


def _with_extremes(batches):
    """Yield batches of which the first holds 0 and 255, the range of bytes, whether or not a camera saw them."""
    first = next(batches)
    for value in first.values():
        value[(0,) * value.ndim], value[(-1,) * value.ndim] = 0, 255
    yield from chain([first], batches)

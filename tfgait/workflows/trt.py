"""Convert a network for NVIDIA boards as far as this machine can; what is left is named, with its commands."""

from tfgait.core.errors import check_choice
from tfgait.workflows.export import check_numbers, check_rank1_numbers
from tfgait.workflows.trt_options import ENGINES, TrtOptions, TrtResult

__all__ = ["TrtOptions", "TrtResult", "convert"]


def convert(options, progress=None):
    """Convert a network and return the `TrtResult`.

    Raises:
        ConfigError: an option out of its range, or options that contradict each other or this TensorRT.
        DataError: a damaged model or data set, or TensorRT refused the network.
        ParityError: what goes into TensorRT, or comes out of it, does not agree with Keras.
        Unfinished: TensorRT or a GPU is not here; everything before it is done, and its result names the rest.
    """
    check_choice("engine", options.engine, ENGINES)
    check_numbers(options)
    check_rank1_numbers(options)
    if options.engine == "tensorrt":
        from tfgait.workflows.trt_engine import through_onnx as convert_it
    else:
        from tfgait.workflows.trt_saved_model import through_saved_model as convert_it
    return convert_it(options, progress)

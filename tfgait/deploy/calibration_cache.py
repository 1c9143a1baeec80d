"""TensorRT's calibration cache, written without TensorRT: the int8 scale of every tensor of an ONNX graph.

A text of one line a tensor, ``name: scale``, the scale a big-endian float32 in hexadecimal; NVIDIA's DLA needs it,
since it reads no QDQ before TensorRT 11. The scale is the largest absolute value on training data over 127.
"""

import struct
import tempfile
from pathlib import Path

from tfgait.core.errors import DataError
from tfgait.deploy.engine import version_number


def calibration_cache(onnx, batches, version):
    """Return the text of the cache of an ONNX file.

    Args:
        onnx: path of a float32 file.
        batches: iterable of ``{input: array}`` of training data, at least one.
        version: of the TensorRT that will read it, three numbers: another one refuses it.

    Raises:
        DataError: there is no batch, or a tensor that is not finite.
    """
    ranges = _largest(Path(onnx), list(batches))
    lines = [f"{name}: {struct.pack('>f', largest / 127).hex()}" for name, largest in sorted(ranges.items())]
    return "\n".join([f"TRT-{version_number(version)}-EntropyCalibration2", *lines]) + "\n"


def _largest(onnx, batches):
    """Return ``{tensor: largest absolute value}``, over all batches, of the float32 tensors of a graph."""
    from onnxruntime.quantization.calibrate import CalibrationDataReader, CalibrationMethod, create_calibrator

    if not batches:
        raise DataError("int8 is calibrated on training sequences, and there is none in this data.")

    class Reader(CalibrationDataReader):
        def __init__(self):
            self._rest = iter(batches)

        def get_next(self):
            return next(self._rest, None)

    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
        calibrator = create_calibrator(
            onnx, augmented_model_path=str(Path(scratch) / "ranges.onnx"), calibrate_method=CalibrationMethod.MinMax
        )
        calibrator.collect_data(Reader())
        found = {name: data.range_value for name, data in calibrator.compute_data().items()}
    largest = {name: float(max(abs(low), abs(high))) for name, (low, high) in found.items()}
    wrong = [name for name, value in largest.items() if not value < float("inf")]
    if wrong:
        raise DataError(f"{onnx} gives values that are not finite in {wrong[0]}: it cannot be calibrated.")
    return largest

"""What can be exported and how: tables of formats, precisions and layers, read before an export starts."""

from dataclasses import dataclass

from tfgait.core.errors import ConfigError, check_choice

PRECISIONS = ("fp32", "fp16", "dynamic", "int8", "int8_uint8", "int16x8")
# Those whose activations are integers.
INTEGERS = ("int8", "int8_uint8", "int16x8")


@dataclass(frozen=True)
class Format:
    """One row: a file format with a precision.

    Args:
        format: keras, savedmodel, tflite or onnx; of `ENGINES` tensorrt or tf-trt.
        precision: one of `PRECISIONS`: dynamic has int8 weights and quantises activations as they come, int8_uint8
            takes pixels as bytes, int16x8 has int16 activations.
        suffix: what is added to the name of the model, with the extension.
        min_cosine: lowest cosine to the Keras embedding of any sequence that still counts as equal.
        max_error: largest error over the largest absolute value of the embeddings that does; None: not bounded.
        max_rank1_drop: points of rank-1 that the file may lose.
        calibrated: whether it needs representative sequences of the training data.
        lowered: whether 3D layers are written as 2D ones.
        free_batch: whether the batch size may stay free (batch=0).
        free_frames: whether the frames of a network that takes any number may stay free.
        note: for people.
    """

    format: str
    precision: str
    suffix: str
    min_cosine: float
    max_error: float | None
    max_rank1_drop: float = 0.1
    calibrated: bool = False
    lowered: bool = False
    free_batch: bool = False
    free_frames: bool = False
    note: str = ""

    @property
    def extension(self):
        """Extension of the file, with its dot."""
        return "." + self.suffix.rpartition(".")[2]

    @property
    def pixels(self):
        """Whether the file takes pixels as bytes."""
        return self.precision == "int8_uint8"

    @property
    def litert_int8(self):
        """Whether LiteRT computes it in int8, by ranges that may also come from quantisation-aware training."""
        return self.format == "tflite" and self.precision in ("int8", "int8_uint8")


_INT8 = {"max_error": None, "max_rank1_drop": 1.0, "calibrated": True}
_LITERT = {"lowered": True}
_FREE = {"free_batch": True, "free_frames": True}
FORMATS = (
    Format("keras", "fp32", "_export.keras", 0.99999, 1e-4, **_FREE, note="runs in Keras"),
    Format("savedmodel", "fp32", ".savedmodel", 0.99999, 1e-4, **_FREE, note="a folder; TensorFlow, TF-TRT"),
    Format("tflite", "fp32", ".tflite", 0.99999, 1e-4, **_LITERT, note="LiteRT, tflite-runtime"),
    Format(
        "tflite", "fp16", "_fp16.tflite", 0.9999, None, **_LITERT, note="weights halved; computes in float32 on a CPU"
    ),
    Format("tflite", "dynamic", "_dynamic.tflite", 0.99, None, 1.0, **_LITERT, note="int8 weights, float32 in and out"),
    Format("tflite", "int8", "_int8.tflite", 0.98, **_INT8, **_LITERT, note="float32 in and out"),
    Format("tflite", "int8_uint8", "_int8_uint8.tflite", 0.98, **_INT8, **_LITERT, note="takes a camera's bytes"),
    Format(
        "tflite", "int16x8", "_int16x8.tflite", 0.99, **_INT8, **_LITERT, note="never in XNNPACK: 20 to 90 times int8"
    ),
    Format("onnx", "fp32", ".onnx", 0.99999, 1e-4, **_FREE, note="opset 13; onnxruntime, TensorRT"),
    Format("onnx", "fp16", "_fp16.onnx", 0.9999, None, free_batch=True, note="float32 in and out; TensorRT 11"),
    Format("onnx", "int8", "_int8.onnx", 0.95, **_INT8, **_FREE, note="QDQ, weights stay float32; TensorRT"),
)
# What `tfgait trt` makes of an ONNX file or a SavedModel on a machine with NVIDIA's GPU.
ENGINES = (
    Format("tensorrt", "fp32", "_b1_fp32.engine", 0.9999, None, note="of fp32 ONNX; computes in TF32 where it can"),
    Format("tensorrt", "fp16", "_b1_fp16.engine", 0.999, None, note="of fp32 ONNX, from TensorRT 11 on of fp16 ONNX"),
    Format("tensorrt", "int8", "_b1_int8.engine", 0.95, None, note="of int8 ONNX (QDQ), or calibrated of fp32 ONNX"),
    Format("tensorrt", "best", "_b1_best.engine", 0.95, None, note="calibrated, layer by layer; to TensorRT 10"),
    Format("tf-trt", "fp32", "_b1_fp32_tftrt", 0.9999, None, note="of a SavedModel, in TensorFlow 2.17"),
    Format("tf-trt", "fp16", "_b1_fp16_tftrt", 0.999, None, note="of a SavedModel, in TensorFlow 2.17"),
    Format("tf-trt", "int8", "_b1_int8_tftrt", 0.95, None, note="of a SavedModel, in TensorFlow 2.17, calibrated"),
)
# Pairs that there are not, and why; a format alone stands for every other precision.
REFUSED = {
    ("keras",): "a .keras file keeps the float32 network that others are made of",
    ("savedmodel",): "a SavedModel stays float32; TF-TRT chooses the precision (tfgait trt --engine tf-trt)",
    ("onnx", "dynamic"): "TensorRT has no dynamic int8",
    ("onnx", "int8_uint8"): "TensorRT takes no uint8 input with int8 of zero point 0",
    ("onnx", "int16x8"): "neither onnxruntime nor TensorRT computes with int16 activations",
}
# Why a batch or frames must be fixed.
STATIC = {
    "tflite": "XNNPACK needs shapes that are known; a runner of the file takes any number of sequences, piece by piece",
    "onnx": "onnxruntime does not survive a float16 file of free frames",
}
_RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
_FLOAT_ONLY = "LiteRT has it in float32 alone: precision=dynamic"
# Layers and operations that a format or precision cannot have: (formats, precisions, kinds, reason).
LAYERS = (
    (("tflite",), INTEGERS, _RECURRENT, "LiteRT's converter does not survive its loop in integers: precision=dynamic"),
    (("tflite",), INTEGERS, ("Conv3DTranspose", "LayerNormalization", "UnitNormalization"), _FLOAT_ONLY),
    (("tflite",), ("int16x8",), ("PReLU",), "LiteRT has no int16 form of it: precision=int8"),
    (("tflite", "onnx"), PRECISIONS, ("Conv3D of groups",), "write it as a sum of shifted DepthwiseConv2D"),
    (("onnx",), PRECISIONS, ("exact Gelu",), "ONNX of opset 13 has no Erfc: approximate=True"),
)


def check_format(format, precision="fp32", batch=1, free_frames=False):
    """Return the `Format` row of an export, or say why there is none.

    Raises:
        ConfigError: an unknown format or precision (the nearest is named), a pair that does not work,
            or a batch size or free frames the format cannot have.
    """
    if format in (row.format for row in ENGINES):
        named = " or ".join(engine_precisions(format))
        raise ConfigError(
            f"format={format} is written by tfgait trt --engine {format} --precision {named}. "
            f"Received: format={format}."
        )
    check_choice("format", format, list(dict.fromkeys(row.format for row in FORMATS)))
    check_choice("precision", precision, PRECISIONS)
    rows = {row.precision: row for row in FORMATS if row.format == format}
    if precision not in rows:
        raise ConfigError(
            f"format={format} can be written with precision={' or '.join(rows)}. Received: precision={precision}; "
            f"{_reason(format, precision)}."
        )
    row = rows[precision]
    if batch < 0 or (batch == 0 and not row.free_batch):
        free = " or 0 for any" if row.free_batch else f": {STATIC[format]}"
        raise ConfigError(f"batch must be a whole number from 1{free}. Received: batch={batch}, format={format}.")
    if free_frames and not row.free_frames:
        raise ConfigError(
            f"frames must be fixed: {STATIC[format]}. Received: free_frames=True, format={format}, "
            f"precision={precision}."
        )
    return row


def engine_precisions(format):
    """Return the precisions of tensorrt or tf-trt."""
    return tuple(row.precision for row in ENGINES if row.format == format)


def engine_row(format, precision):
    """Return the `Format` row of an engine; its suffix is that of batch 1, without a DLA.

    Raises:
        ConfigError: an unknown precision; the nearest is named.
    """
    check_choice("precision", precision, engine_precisions(format))
    return next(row for row in ENGINES if (row.format, row.precision) == (format, precision))


def check_stream(form, batch=1, frames=0):
    """Raise `ConfigError` unless a file in two stages, for frames as they come, can be had of a `Format` row."""
    if form.format != "tflite" or batch != 1 or frames:
        raise ConfigError(
            "stream must go with format=tflite, batch=1 and frames=0, since frames come one by one, in any number. "
            f"Received: format={form.format}, batch={batch}, frames={frames}."
        )


def format_rows():
    """Return every pair of format and precision as a row for people: what it is called, or why there is none."""
    rows = []
    for format in dict.fromkeys(row.format for row in FORMATS):
        known = {row.precision: row for row in FORMATS if row.format == format}
        for precision in PRECISIONS:
            row = known.get(precision)
            told = {"file": f"model{row.suffix}", "": row.note} if row else {"file": "", "": _reason(format, precision)}
            rows.append({"format": format, "precision": precision, **told})
    return rows + [
        {"format": row.format, "precision": row.precision, "file": f"model{row.suffix}", "": f"tfgait trt: {row.note}"}
        for row in ENGINES
    ]


def layer_rows():
    """Return what formats and precisions cannot hold, as rows for people."""
    rows = []
    for formats, precisions, kinds, reason in LAYERS:
        which = "any" if precisions == PRECISIONS else ", ".join(precisions)
        rows.append({"format": ", ".join(formats), "precision": which, "cannot hold": ", ".join(kinds), "": reason})
    return rows


def _reason(format, precision):
    return REFUSED.get((format, precision)) or REFUSED[format,]

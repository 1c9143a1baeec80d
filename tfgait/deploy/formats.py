"""What can be exported and how: one table, read before an export starts."""

from dataclasses import dataclass

from tfgait.core.errors import ConfigError, check_choice


@dataclass(frozen=True)
class Format:
    """One row: a file format with a precision.

    Args:
        format: keras, tflite or onnx.
        precision: fp32, dynamic (int8 weights, activations quantised as they come), int8 (all of it).
        suffix: what is added to the name of the model, with the extension.
        min_cosine: lowest cosine to the Keras embedding of any sequence that still counts as equal.
        max_error: largest error over the largest absolute value of the embeddings that does; None: not bounded.
        calibrated: whether it needs representative sequences of the training data.
        lowered: whether Conv3D is written as Conv2D.
        free_batch: whether the batch size may stay free (batch=0).
        note: for people.
    """

    format: str
    precision: str
    suffix: str
    min_cosine: float
    max_error: float | None
    calibrated: bool = False
    lowered: bool = False
    free_batch: bool = False
    note: str = ""

    @property
    def extension(self):
        """Extension of the file, with its dot."""
        return "." + self.suffix.rpartition(".")[2]


FORMATS = (
    Format("keras", "fp32", "_export.keras", 0.99999, 1e-4, free_batch=True, note="float32; any batch, runs in Keras"),
    Format("tflite", "fp32", ".tflite", 0.99999, 1e-4, lowered=True, note="float32; LiteRT, tflite-runtime"),
    Format("tflite", "dynamic", "_dynamic.tflite", 0.99, None, lowered=True, note="int8 weights, float32 in and out"),
    Format(
        "tflite",
        "int8",
        "_int8.tflite",
        0.98,
        None,
        calibrated=True,
        lowered=True,
        note="int8 weights and activations, float32 in and out; calibrated on training data",
    ),
    Format("onnx", "fp32", ".onnx", 0.99999, 1e-4, free_batch=True, note="float32, opset 13; onnxruntime, TensorRT"),
    Format(
        "onnx",
        "int8",
        "_int8.onnx",
        0.95,
        None,
        calibrated=True,
        free_batch=True,
        note="QDQ, symmetric; onnxruntime, TensorRT; calibrated on training data",
    ),
)


def check_format(format, precision="fp32", batch=1):
    """Return the `Format` row of an export, or say why there is none.

    Raises:
        ConfigError: an unknown format or precision (the nearest is named), a pair that does not work,
            or a batch size the format cannot have.
    """
    check_choice("format", format, list(dict.fromkeys(row.format for row in FORMATS)))
    check_choice("precision", precision, list(dict.fromkeys(row.precision for row in FORMATS)))
    rows = {row.precision: row for row in FORMATS if row.format == format}
    if precision not in rows:
        raise ConfigError(
            f"format={format} can be written with precision={' or '.join(rows)}. Received: precision={precision}; "
            f"{' and '.join(r.format for r in FORMATS if r.precision == precision)} can have that."
        )
    row = rows[precision]
    if batch < 0 or (batch == 0 and not row.free_batch):
        free = " or 0 for any" if row.free_batch else ""
        raise ConfigError(f"batch must be a whole number from 1{free}. Received: batch={batch}, format={format}.")
    return row


def check_stream(form, batch=1, frames=0):
    """Raise `ConfigError` unless a file in two stages, for frames as they come, can be had of a `Format` row."""
    if form.format != "tflite" or batch != 1 or frames:
        raise ConfigError(
            "stream must go with format=tflite, batch=1 and frames=0, since frames come one by one, in any number. "
            f"Received: format={form.format}, batch={batch}, frames={frames}."
        )

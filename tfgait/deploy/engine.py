"""What a TensorRT engine is to be, checked against what its TensorRT can build."""

import re
from dataclasses import dataclass

from tfgait.core.errors import ConfigError, check_choice
from tfgait.deploy.formats import engine_row

INT8 = ("qdq", "calibrated")
OLDEST = (8, 2)
# From here on types stand in the ONNX file alone: no precision flags, no calibration.
TYPED = (11,)
# That of JetPack 6, where the board's is not named.
USUAL = (10, 3)
# NVIDIA's migration guides: no DLA in between.
NO_DLA = ((10, 8), (11, 4))


@dataclass(frozen=True)
class EngineSpec:
    """What an engine is to be; `engine_spec` makes a checked one.

    Args:
        precision: fp32, fp16, int8 or best (what is fastest, layer by layer).
        int8: where its ranges come from: qdq (the ONNX file) or calibrated (a calibration cache).
        batch: (size,), or (smallest, usual, largest) of a free one.
        dla: deep-learning accelerator 0 or 1, -1 for the GPU alone.
        workspace: MiB, 0 for TensorRT's own choice.
        version: of TensorRT, numbers.
    """

    precision: str = "fp16"
    int8: str = "qdq"
    batch: tuple = (1,)
    dla: int = -1
    workspace: int = 0
    version: tuple = USUAL

    @property
    def typed(self):
        """Whether this TensorRT takes every type from the ONNX file."""
        return self.version >= TYPED

    @property
    def free_batch(self):
        """Whether the engine takes batches of several sizes."""
        return len(self.batch) == 3

    @property
    def calibrated(self):
        """Whether it needs a calibration cache."""
        return self.precision in ("int8", "best") and self.int8 == "calibrated"

    @property
    def onnx_precision(self):
        """Precision of the ONNX file it is built from."""
        if self.precision == "int8" and self.int8 == "qdq":
            return "int8"
        return "fp16" if self.precision == "fp16" and self.typed else "fp32"

    @property
    def onnx_suffix(self):
        """What the ONNX file adds to the name of the model."""
        kind = "" if self.onnx_precision == "fp32" else f"_{self.onnx_precision}"
        return f"_b{self._sizes}{kind}{'_dla' if self.dla >= 0 else ''}.onnx"

    @property
    def suffix(self):
        """What the engine adds to the name of the model."""
        how = "_calibrated" if self.precision == "int8" and self.calibrated else ""
        return f"_b{self._sizes}_{self.precision}{how}{f'_dla{self.dla}' if self.dla >= 0 else ''}.engine"

    @property
    def _sizes(self):
        return "-".join(map(str, self.batch))


def engine_spec(precision="fp16", int8="", batch=(1,), dla=-1, workspace=0, version=USUAL):
    """Return the `EngineSpec` of some options, those of `EngineSpec`; an empty `int8` is what the rest asks for.

    Raises:
        ConfigError: an option out of its range, options that contradict each other, or what this TensorRT lacks.
    """
    engine_row("tensorrt", precision)
    if int8:
        check_choice("int8", int8, INT8)
        if precision not in ("int8", "best"):
            raise ConfigError(f"int8={int8} goes with precision=int8 or best. Received: precision={precision}.")
    _check_numbers(batch, dla, workspace)
    if version < OLDEST:
        raise ConfigError(f"TensorRT must be at least {dotted(OLDEST)}. Received: {dotted(version)}.")
    if dla >= 0:
        _check_dla(precision, batch, version)
    if precision == "best" and version >= TYPED:
        raise ConfigError(f"precision must be fp32, fp16 or int8 from TensorRT {dotted(TYPED)} on. Received: best.")
    # An accelerator reads no QDQ before types stand in the file, and `best` chooses among ranges, which QDQ fixes.
    only_ranges = precision == "best" or (dla >= 0 and version < TYPED)
    spec = EngineSpec(
        precision, int8 or ("calibrated" if only_ranges else "qdq"), tuple(batch), dla, workspace, version
    )
    if spec.calibrated and spec.typed:
        raise ConfigError(f"int8 must be qdq from TensorRT {dotted(TYPED)} on. Received: int8=calibrated.")
    if precision in ("int8", "best") and only_ranges and spec.int8 == "qdq":
        why = "precision=best" if precision == "best" else f"a DLA before TensorRT {dotted(TYPED)}"
        raise ConfigError(f"int8 must be calibrated for {why}. Received: int8=qdq.")
    if spec.calibrated and len(version) < 3:
        raise ConfigError(
            "trt_version must name the board's TensorRT in full, such as 8.2.1 ('trtexec --help' says v8201): a "
            f"calibration cache belongs to one version. Received: trt_version={dotted(version)}."
        )
    return spec


def parse_version(text):
    """Return the numbers of a version such as ``8.2.1``.

    Raises:
        ConfigError: it is none.
    """
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3}){0,3}", text):
        raise ConfigError(f"trt_version must be numbers with points, such as 8.2.1. Received: trt_version={text}.")
    return tuple(int(part) for part in text.split("."))[:3]


def dotted(version):
    """Return a version as text."""
    return ".".join(map(str, version))


def version_number(version):
    """Return (8, 2, 1) as 8201 and (10, 3, 0) as 100300, as TensorRT writes it."""
    major, minor, patch = version
    return (major * 1000 if major < 10 else major * 10000) + minor * 100 + patch


def numbered_version(number):
    """Return the version of a number as `version_number` gives it."""
    thousand = 1000 if number < 10000 else 10000
    return number // thousand, number % thousand // 100, number % 100


def _check_numbers(batch, dla, workspace):
    if len(batch) not in (1, 3) or min(batch) < 1 or list(batch) != sorted(batch):
        raise ConfigError(
            "batch must be one size from 1, or the smallest, the usual and the largest, such as 1,8,32. "
            f"Received: batch={','.join(map(str, batch))}."
        )
    if workspace < 0:
        raise ConfigError(f"workspace must be from 0 MiB. Received: workspace={workspace}.")
    if dla not in (-1, 0, 1):
        raise ConfigError(f"dla must be 0, 1, or -1 for none. Received: dla={dla}.")


def _check_dla(precision, batch, version):
    if precision == "fp32":
        raise ConfigError("precision must be fp16, int8 or best on a DLA, which has no fp32. Received: precision=fp32.")
    if len(batch) == 3:
        raise ConfigError(f"batch must be one size on a DLA. Received: batch={','.join(map(str, batch))}.")
    first, after = NO_DLA
    if first <= version < after:
        raise ConfigError(
            f"dla needs TensorRT before {dotted(first)} or from {dotted(after)} on. Received: {dotted(version)}."
        )

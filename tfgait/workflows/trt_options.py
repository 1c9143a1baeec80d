"""Options and result of `tfgait trt`."""

from dataclasses import dataclass, field, fields

ENGINES = ("tensorrt", "tf-trt")


@dataclass(frozen=True)
class TrtOptions:
    """Options of `convert`.

    Args:
        model: a run, a preset, a .keras file, or an .h5 or .hdf5 file of Embedded-Gait; on a board without Keras an
            .onnx file that this command wrote, with the files beside it; empty: the latest run, else the shipped
            preset.
        last_dense: of such an .h5 file without classifier: goes (the signature is what it reads) or stays (empty too).
        mod: of such an .h5 file that takes one channel a frame: grey (gray), depth or silhouettes (silhouette).
        engine: tensorrt (through ONNX) or tf-trt (through a SavedModel, in an environment of its own, made if missing).
        precision: fp32, fp16, int8, or best (the fastest of them, layer by layer; to TensorRT 10).
        int8: ranges of int8 and best: qdq (in the ONNX file) or calibrated (a cache beside it; to TensorRT 10); empty:
            qdq, but calibrated for best and for a DLA before TensorRT 11.
        calibration: number of training sequences that int8 is calibrated on.
        batch: size of a batch, or the smallest, usual and largest with commas, such as 1,8,32.
        dla: deep-learning accelerator 0 or 1, with the GPU for what it cannot do; -1 for the GPU alone.
        workspace: MiB that TensorRT may use; 0: its own choice.
        timing_cache: file that TensorRT reads and adds to, which makes the next build faster.
        trt_version: TensorRT of the board, such as 8.2.1; empty: the one found here, else 10.3 (JetPack 6).
        out: file or folder to write to; empty: beside the model, for a shipped preset in runs/exports.
        datadir: data to calibrate and compare on; empty: the data of the run, else the default walkers.
        views: keep these only, with commas.
        conds: keep these only, such as nm or cl-02.
        min_frames: leave shorter sequences out.
        skip_bad: leave damaged sequences out, named and counted.
        frames: fixed number of frames of a sequence; 0: what the network has, else 30 silhouettes or 25 flow maps.
        sequences: number of sequences to compare with Keras on.
        min_cosine: lowest cosine to Keras that is accepted; 0: that of the precision.
        rank1_sequences: most sequences of people never seen in training that rank-1 of the ONNX file, or of the
            SavedModel, is compared on; 0: it is not.
        max_rank1_drop: points of rank-1 that this may lose, or two probes where these are more; -1: 1 in int8, 0.1 in
            float.
        seed: draws the sequences.
    """

    model: str = ""
    last_dense: str = ""
    mod: str = ""
    engine: str = "tensorrt"
    precision: str = "fp16"
    int8: str = ""
    calibration: int = 64
    batch: tuple[int, ...] = (1,)
    dla: int = -1
    workspace: int = 0
    timing_cache: str = ""
    trt_version: str = ""
    out: str = ""
    datadir: str = ""
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    min_frames: int = 1
    skip_bad: bool = False
    frames: int = 0
    sequences: int = 32
    min_cosine: float = 0.0
    rank1_sequences: int = 400
    max_rank1_drop: float = -1.0
    seed: int = 0


@dataclass(frozen=True)
class TrtResult:
    """What `convert` did.

    Args:
        model: the network it came from.
        engine, precision, batch: as asked for; the batch with commas.
        source: the .onnx file or SavedModel folder, proven equal to Keras.
        bytes: of the .onnx file, or of the SavedModel.
        cosine, max_abs_error, sequences: of that against Keras.
        rank1_drop: points of rank-1 that the .onnx file or SavedModel recognises less than Keras; None where `notes`
            say why not.
        file: the engine, or the converted SavedModel; empty where it could not be made here.
        file_cosine, file_max_abs_error: of the file against Keras; None where it could not be run here.
        files: what the board needs.
        left: commands that remain, in order, to be run on the board.
        notes: what to know about the result.
    """

    model: str
    engine: str
    precision: str
    batch: str
    source: str
    bytes: int
    cosine: float
    max_abs_error: float
    sequences: int
    rank1_drop: float | None = None
    file: str = ""
    file_cosine: float | None = None
    file_max_abs_error: float | None = None
    files: list = field(default_factory=list)
    left: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def flags(options, names=None):
    """Return the flags that give `TrtOptions` again, of these names or of all, but for those that are as usual."""
    given = {f.name: getattr(options, f.name) for f in fields(options) if getattr(options, f.name) != f.default}
    texts = {name: ",".join(map(str, v)) if isinstance(v, tuple) else v for name, v in given.items()}
    return [f"--{name}={text}" for name, text in texts.items() if names is None or name in names]

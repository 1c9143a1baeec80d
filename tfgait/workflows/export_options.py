"""What `export` can be asked, and what it answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExportOptions:
    """Options of `export`.

    Args:
        model: a run, a preset, a .keras file, or an .h5 or .hdf5 file of Embedded-Gait; empty: the latest run, else the
            shipped preset.
        last_dense: of such an .h5 file without classifier: goes (the signature is what it reads) or stays (empty too).
        mod: of such an .h5 file that takes one channel a frame: grey (gray), depth or silhouettes (silhouette).
        format: keras, savedmodel, tflite or onnx (tfgait list shows what each can have).
        precision: fp32, fp16, dynamic (int8 weights), int8 (weights and activations), int8_uint8 (which takes pixels as
            bytes) or int16x8.
        out: file or folder to write to; empty: beside the model, for a shipped preset in runs/exports.
        datadir: data to calibrate and compare on; empty: the data of the run, else the default walkers.
        views: keep these only, with commas.
        conds: keep these only, such as nm or cl-02.
        min_frames: leave shorter sequences out.
        skip_bad: leave damaged sequences out, named and counted.
        frames: fixed number of frames of a sequence; 0: what the network has, else 30 silhouettes or 25 flow maps.
        free_frames: leave the number of frames free (onnx, savedmodel, keras; of networks that take any number).
        batch: fixed size of a batch; 0 leaves it free (onnx, savedmodel, keras).
        stream: write the network in two stages, for frames as they come (tflite; networks whose frames meet in maxima,
            such as GaitSet).
        calibration: number of training sequences that int8 is calibrated on, where it has no ranges from training.
        sequences: number of sequences to compare with Keras on.
        min_cosine: lowest cosine to Keras that is accepted; 0: that of the format.
        rank1_sequences: most sequences of people never seen in training that rank-1 is compared on; 0: it is not.
        max_rank1_drop: points of rank-1 that may be lost, or two probes where these are more; -1: as many as the format
            may, 1 in int8, 0.1 in float.
        seed: draws the sequences.
    """

    model: str = ""
    last_dense: str = ""
    mod: str = ""
    format: str = "tflite"
    precision: str = "fp32"
    out: str = ""
    datadir: str = ""
    views: tuple[str, ...] = ()
    conds: tuple[str, ...] = ()
    min_frames: int = 1
    skip_bad: bool = False
    frames: int = 0
    free_frames: bool = False
    batch: int = 1
    stream: bool = False
    calibration: int = 64
    sequences: int = 32
    min_cosine: float = 0.0
    rank1_sequences: int = 400
    max_rank1_drop: float = -1.0
    seed: int = 0


@dataclass(frozen=True)
class ExportResult:
    """What `export` wrote.

    Args:
        file: its path, of a SavedModel a folder; `<file>.json` describes it.
        format, precision: as asked for.
        bytes: its size.
        cosine: lowest cosine to the Keras embedding of any sequence compared.
        max_abs_error: largest difference of two numbers of the embeddings.
        rank1_drop: points of rank-1 that the file recognises less than the network, on people never seen in training;
            None where `notes` say why not.
        sequences: how many were compared by cosine.
        rank1: what the drop was measured on: rank-1 of `network` and `file`, `people`, `sequences`, `probes`.
        calibration: hash of the training sequences int8 was calibrated on; empty for the others, and with ranges from
            quantisation-aware training.
        model: the network it came from.
        notes: what to know about the file.
    """

    file: str
    format: str
    precision: str
    bytes: int
    cosine: float
    max_abs_error: float
    rank1_drop: float | None
    sequences: int
    rank1: dict
    calibration: str
    model: str
    notes: tuple = ()

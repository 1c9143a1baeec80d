"""A network written to a file that is run, compared and described before it counts as written."""

from dataclasses import asdict, dataclass
from pathlib import Path

from tfgait.core.errors import ConfigError
from tfgait.core.files import whole_file, write_json
from tfgait.deploy.capability import check_network, check_pixels
from tfgait.deploy.conversion import write
from tfgait.deploy.description import described
from tfgait.deploy.formats import check_stream
from tfgait.deploy.keras_runner import KerasRunner
from tfgait.deploy.parity import Parity, Rank1, check_parity, check_rank1, compare
from tfgait.deploy.serving import fixed, input_of
from tfgait.deploy.streaming import streaming
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.sidecar import sidecar_path


@dataclass(frozen=True)
class Artefact:
    """A file that was written.

    Args:
        path: the file, of a SavedModel the folder; its sidecar lies beside it.
        record: what the sidecar says.
        parity: how far it is from the network.
        rank1: how well it recognises beside the network; None where that was not asked for.
    """

    path: Path
    record: dict
    parity: Parity
    rank1: Rank1 | None = None


def export_network(
    network,
    path,
    form,
    sequences,
    *,
    calibration=None,
    batch=1,
    frames=0,
    lowered=None,
    stream=False,
    min_cosine=None,
    rank1=None,
    max_rank1_drop=None,
    source=None,
    progress=None,
):
    """Write a network and its sidecar, both or neither, once the file has run and agreed with Keras.

    Args:
        network: a Keras network of one modality; one that is fake-quantised, with `plain` and `ranges`, needs no
            calibration, and is what the file is compared with.
        path: where to; its suffix is the format's.
        form: a row of `tfgait.deploy.formats`.
        sequences: stored sequences (T, H, W, C) to compare on, real ones.
        calibration: `Calibration`, where the row asks for one.
        batch: fixed size of a batch; 0 leaves it free where the row allows it.
        frames: fixed number of frames; 0: the network's, else the modality's; None leaves it free where the row and the
            network allow it.
        lowered: whether 3D layers become 2D ones; None: as the row says.
        stream: whether the file is in two stages, for frames as they come: a .tflite of batch 1 and any frames.
        min_cosine, max_rank1_drop: replace the row's tolerances.
        rank1: function of an `Encoder` of the file that returns its `Rank1`, or None where that cannot be measured.
        source: record of where the network came from, for the sidecar.
        progress: called with (done, total, what).

    Raises:
        ConfigError: the row and the arguments do not fit, or the network has an operator the format lacks.
        ParityError: the file does not agree with the network, or recognises fewer people; nothing is left of it.
    """
    path = Path(path)
    say = progress or (lambda done, total, what: None)
    if path.suffix != form.extension:
        raise ConfigError(f"out must end in {form.extension} for format={form.format}. Received: out={path}.")
    own = form.litert_int8 and hasattr(network, "ranges")
    if form.calibrated and calibration is None and not own:
        raise ConfigError(f"{form.format} with precision={form.precision} must be given calibration sequences.")
    network, frames = exported(network, form, batch, frames, stream)
    name, (length, *_) = input_of(network)
    say(0, 4, "convert")
    with whole_file(sidecar_path(path)) as beside, _whole(path, form) as temporary:
        ready = write(network, temporary, form, calibration, batch, lowered, stream)
        say(1, 4, "run in Keras")
        # Where frames stay free, sequences of every length are compared.
        taken = None if frames is None else 0
        reference = Encoder(KerasRunner(network), length or taken).encode(sequences)
        say(2, 4, f"run as {form.format}")
        runner = open_runner(temporary)
        check_pixels(runner.inputs[name], form)
        parity = compare(reference, Encoder(runner, taken).encode(sequences))
        check_parity(parity, form, min_cosine)
        say(3, 4, "rank-1")
        scored = rank1(Encoder(runner)) if rank1 else None
        check_rank1(scored, form, max_rank1_drop)
        record = described(network, temporary, path.name, form, runner, ready) | {
            "quantisation_aware": own,
            "source": source or {},
            "calibration": calibration and calibration.record,
            "parity": asdict(parity),
            "rank1": scored and asdict(scored),
        }
        write_json(beside, record)
    say(4, 4, "rank-1")
    return Artefact(path, record, parity, scored)


def exported(network, form, batch=1, frames=0, stream=False):
    """Return (the network that a file would hold, its frames), as of `export_network`; nothing is written yet.

    Raises:
        ConfigError: the row and the arguments do not fit, or the network has an operator the format lacks.
    """
    check_network(getattr(network, "plain", network), form)
    if stream:
        check_stream(form, batch, frames)
        return streaming(network), None
    return (network if frames == 0 and form.format == "keras" else fixed(network, frames)), frames


def _whole(path, form):
    """Return the context in which a file, or the folder of a SavedModel, is written whole or not at all."""
    if form.format != "savedmodel":
        return whole_file(path)
    from tfgait.deploy.savedmodel import whole_folder

    return whole_folder(path)

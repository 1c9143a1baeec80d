"""What int8 after training costs in recognition: the shipped networks, several calibrations, people never seen."""

import tempfile
from pathlib import Path

import numpy as np

from tfgait.core.home import models_dir
from tfgait.datasets.store import Store
from tfgait.workflows.data import protocol_of
from tfgait.workflows.evaluate import score
from tfgait.workflows.figures_runs import SEEDS, spread
from tfgait.workflows.models import load_network, resolve_model
from tfgait.workflows.synthesize import SynthesizeOptions, synthesize

NETWORKS = ("gaitset_walkers", "cnn2d_walkers", "cnn3d_walkers")
CALIBRATION = 64
COMPARED = 8
PEOPLE = 20  # of those trained on, to calibrate on
UNSEEN = {"subjects": 200, "first": 9101}
WALKS = {
    "silhouettes": {"frames": 30, "views": ("018", "054", "090", "144")},
    "flow": {"frames": 42, "views": ("090",)},
}


def figures_int8(progress=None):
    """Write each shipped network as int8 LiteRT files, calibrated with three seeds, and score them beside float32.

    Calibrated on walks of people the networks were trained on; scored on 200 whom neither training, nor the choice of
    how to calibrate has seen.

    Args:
        progress: called with (done, total, what).

    Returns:
        For each network, ``{"<network>, <what>": "mean (lowest to highest of the seeds)"}``: rank-1 in percent of each
        kind of probe in float32 (one number), points int8 loses of it, points it loses as the mean of all kinds, and
        the lowest cosine of any embedding.
    """
    record = {}
    for name in NETWORKS:
        record |= {f"{name}, {what}": value for what, value in _compared(name, progress).items()}
    return record


def _compared(name, progress):
    """Return the figures of one network."""
    from tfgait.deploy.artefact import export_network
    from tfgait.deploy.calibration import draw
    from tfgait.deploy.formats import check_format
    from tfgait.deploy.keras_runner import KerasRunner
    from tfgait.deploy.parity import compare
    from tfgait.runtime import open_runner
    from tfgait.runtime.encoder import Encoder

    model = resolve_model(str(models_dir() / name))
    network = load_network(str(model.path))
    walks = {**WALKS[network.modality], "modalities": (network.modality,)}
    seen, unseen = (
        Store(synthesize(SynthesizeOptions(**people, **walks), progress).files[network.modality])
        for people in ({"subjects": PEOPLE, "first": int(min(model.trained_on)), "seed": 1}, UNSEEN)
    )
    rows = np.flatnonzero(np.isin(seen.table.subject, list(model.trained_on)))
    protocol, form = protocol_of(unseen), check_format("tflite", "int8")
    compared = [unseen.read(row) for row in range(COMPARED)]
    scores, found = [], []
    with tempfile.TemporaryDirectory(prefix="tfgait-") as scratch:
        files = [model.path]
        for seed in SEEDS:
            path = Path(scratch) / f"{seed}.tflite"
            export_network(network, path, form, compared, calibration=draw(seen, rows, CALIBRATION, seed))
            files.append(path)
        for path in files:
            runner = KerasRunner(path) if path is model.path else open_runner(path, threads=1)
            result, embedded = score(Encoder(runner), unseen, protocol, metric=network.metric, progress=progress)
            scores.append(result.rank1)
            found.append(embedded.embeddings)
    whole, *small = scores
    lost = [{kind: whole[kind] - rank1[kind] for kind in whole} for rank1 in small]
    record = {f"{kind} float32": round(rank1, 2) for kind, rank1 in whole.items()}
    record |= {f"{kind} lost": spread((row[kind] for row in lost), digits=2) for kind in whole}
    record["mean lost"] = spread((np.mean(list(row.values())) for row in lost), digits=2)
    record["lowest cosine"] = round(min(compare(found[0], other).cosine for other in found[1:]), 4)
    return record

"""What sparsity, clusters and integers are worth in bytes and in time: measured, before against after."""

import zlib
from pathlib import Path

from tfgait.workflows.export import sample, training_rows
from tfgait.workflows.litert_speed import file_times

PRECISIONS = ("fp32", "int8")
# A saving below this share of the time is within what two runs differ by.
NOTICED = 0.05
COMPARED = 8


def file_rows(networks, folders, store, parent, options, progress=None):
    """Convert two networks and return a row for each kind of file: bytes, deflated bytes, 1-thread LiteRT time.

    Args:
        networks: the Keras networks (before, after).
        folders: where their files go: a scratch folder, and the run folder.
        store: data to calibrate and compare on.
        parent: `ModelRef` of the network before.
        options: `SparsifyOptions`.
        progress: called with (done, total, what).

    Returns:
        Rows ``{"file", "bytes_before", "bytes_after", "zip_before", "zip_after", "ms_before", "ms_after", "time"}``;
        `time` is after by before, and the times are CPU times of one sequence, measured in turn.
    """
    from tfgait.deploy.artefact import export_network
    from tfgait.deploy.calibration import draw
    from tfgait.deploy.formats import check_format

    for network, folder in zip(networks, folders, strict=True):
        if not (folder / "model.keras").is_file():
            network.save(folder / "model.keras")
    rows = [_sizes("keras", *(folder / "model.keras" for folder in folders))]
    calibration = draw(store, training_rows(store, parent), options.calibration, options.seed)
    compared = sample(store, COMPARED, options.seed)
    for precision in PRECISIONS:
        form = check_format("tflite", precision, 1)
        paths = [folder / f"model_{precision}.tflite" for folder in folders]
        for network, path in zip(networks, paths, strict=True):
            given = calibration if form.calibrated else None
            # How well a sparse or clustered network takes to integers is a result and no fault.
            export_network(network, path, form, compared, calibration=given, min_cosine=1e-9, progress=progress)
        rows.append(_sizes(precision, *paths) | _times(paths, options.rounds))
    return rows


def time_notes(rows):
    """Return what the times of `file_rows` say."""
    notes = []
    for row in rows:
        if "time" not in row:
            continue
        saved = 1 - row["time"]
        verdict = f"saves {100 * saved:.0f} % of the time" if saved >= NOTICED else "saves no time"
        notes.append(f"{row['file']}: {verdict} ({row['ms_after']:.2f} ms against {row['ms_before']:.2f} ms)")
    return notes


def _sizes(name, before, after):
    row = {"file": name}
    for when, path in (("before", before), ("after", after)):
        content = Path(path).read_bytes()
        row |= {f"bytes_{when}": len(content), f"zip_{when}": len(zlib.compress(content, 9))}
    return row


def _times(paths, rounds):
    before, after = file_times(dict(enumerate(paths)), rounds).values()
    return {"ms_before": before, "ms_after": after, "time": after / before}

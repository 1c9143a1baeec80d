"""What a training gives."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class TrainResult:
    """A finished training.

    Args:
        run: the run folder.
        net, preset, modality: of the network.
        params: trainable parameters of the network.
        head_params: of the classifier that only training needs.
        seconds: of all sittings.
        epochs: that ran; fewer than asked for where training ended early.
        loss: of the last epoch, on the training batches.
        checkpoint: which one `model.keras` is: best, best_ema, or after a second stage last.
        best_epoch: of that checkpoint.
        published: in words, what `model.keras` is.
        val: its scores on held-out people (rank1 in percent, loss) or sequences (accuracy in [0, 1], loss); empty where
            nothing was held out from it.
        accuracy: softmax accuracy of `model.keras` on held-out sequences, in percent; None where none were held out.
        stage: the last one.
        first_stage: of a training in two: its best epoch and scores, on what the second one trained on as well.
        subjects, val_subjects: people the classifier knows, and those held out (in the first stage).
        frozen: layers that stood still.
        notes: what else the user should know, such as that the classifier is new.
        resumed: whether an unfinished run was gone on with.
    """

    run: str
    net: str
    preset: str
    modality: str
    params: int
    head_params: int
    seconds: float
    epochs: int
    loss: float
    checkpoint: str
    best_epoch: int
    published: str
    val: dict = field(default_factory=dict)
    accuracy: float | None = None
    stage: int = 1
    first_stage: dict = field(default_factory=dict)
    subjects: int = 0
    val_subjects: int = 0
    frozen: tuple = ()
    notes: tuple = ()
    resumed: bool = False


def train_result(folder, facts, record, resumed):
    """Return the `TrainResult` of a finished training.

    Args:
        folder: the run folder.
        facts: what its manifest says from the start.
        record: `Record` of the loop.
        resumed: whether an unfinished run was gone on with.
    """
    _, epoch = record.ranks[record.published]
    val = _scores(record.history[epoch - 1], "val_ema_" if record.published == "best_ema" else "val_")
    return TrainResult(
        run=str(folder),
        **{name: facts[name] for name in ("net", "preset", "modality", "params", "head_params")},
        seconds=round(record.seconds, 1),
        epochs=record.epoch,
        loss=record.history[-1]["loss"],
        checkpoint="last" if record.stage > 1 else record.published,
        best_epoch=epoch,
        published=_published(record, val),
        val=val,
        accuracy=100 * val["accuracy"] if "accuracy" in val else None,
        stage=record.stage,
        first_stage=_first_stage(record),
        subjects=len(facts["classes"]),
        val_subjects=len(facts["val_people"]),
        frozen=tuple(facts["frozen"]),
        notes=tuple(facts["notes"]),
        resumed=resumed,
    )


def _scores(row, prefix):
    return {name: row[prefix + name] for name in ("rank1", "accuracy", "loss") if prefix + name in row}


def _published(record, val):
    if record.stage > 1:
        return f"the last epoch of stage {record.stage}, which trained on the validation data as well"
    if not val:
        return "the last epoch; nothing was held out"
    average = ", of the moving average" if record.published == "best_ema" else ""
    return f"the epoch with the best {next(iter(val))} on what was held out{average}"


def _first_stage(record):
    """Return the best epoch of the first of two stages and its scores."""
    rows = record.history[: record.begun]
    scored = [(row, _scores(row, "val_")) for row in rows]
    if not rows or not scored[0][1]:
        return {"epochs": len(rows)} if rows else {}
    row, scores = max(scored, key=lambda pair: (next(iter(pair[1].values())), -pair[1]["loss"]))
    return {"epochs": len(rows), "best_epoch": row["epoch"], **scores}

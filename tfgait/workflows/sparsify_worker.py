"""The process of `tfgait.workflows.sparsify_process`: trains a tf_keras twin and gives its weights back.

Run as ``python -m tfgait.workflows.sparsify_worker FOLDER``; progress goes to standard output, a JSON object a line.
"""

import dataclasses
import json
import sys
import threading
from pathlib import Path

import keras

from tfgait.compress.proof import TOLERANCE, ProofFailed, random_inputs
from tfgait.compress.tfmot.methods import unwrap, wrap
from tfgait.compress.tfmot.settings import Settings
from tfgait.compress.tfmot.training import fit
from tfgait.compress.tfmot.twin import difference, make_twin, take_back
from tfgait.core.errors import ConfigError, UserError
from tfgait.core.files import read_json, write_json
from tfgait.nets import load
from tfgait.train.checkpoints import save_keras
from tfgait.train.optimizers import make_schedule
from tfgait.train.published_decay import published_decay
from tfgait.train.step import to_network
from tfgait.workflows.data import check_frames
from tfgait.workflows.learners import make_learner
from tfgait.workflows.network_choice import choose_frames, choose_modality
from tfgait.workflows.sparsify_process import HEAD, JOB, MISTAKE, NETWORK, RESULT, end_with_parent
from tfgait.workflows.train_options import TrainOptions
from tfgait.workflows.train_resolved import resolved
from tfgait.workflows.training_batches import training_batches
from tfgait.workflows.training_data import training_data


def main(folder):
    """Carry out the job in a folder; exit code 0 done, 2 a mistake of the user, which lies in `MISTAKE`."""
    folder = Path(folder)
    threading.Thread(target=end_with_parent, args=(folder,), daemon=True).start()
    try:
        write_json(folder / RESULT, _carry_out(read_json(folder / JOB), folder))
    except UserError as error:
        write_json(folder / MISTAKE, {"config": isinstance(error, ConfigError), "message": str(error)})
        return 2
    return 0


def _carry_out(job, folder):
    network = load(job["model"])
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in job["training"].items()}
    options = _resolved(TrainOptions(**given), network)
    settings = Settings(**job["settings"])
    keras.utils.set_random_seed(options.seed)
    data = training_data(options, options.mod, _say)
    check_frames(data.store, network, options.initnet)
    per_epoch, batches = training_batches(options, data.fitting, data.labels(data.fitting))
    steps = options.epochs * per_epoch
    settings.span(steps)
    learner, objective, notes = make_learner(options, network, data.classes)
    before = data.validate(learner.network, learner.head) if data.validate else {}
    model = wrap(make_twin(learner.network), settings, job["taken"], steps)
    head = None if learner.head is None else make_twin(learner.head)
    schedule = make_schedule(options.schedule, options.lr, steps=steps)
    decay = options.weight_decay
    if options.published_l2:
        decay = {path.split("/")[-2]: value for path, value in published_decay(network).items()}
    loss = fit(
        model,
        head,
        objective,
        _fed(batches, options.epochs),
        steps=steps,
        optimizer=options.optimizer,
        rate=lambda number: float(schedule(number)) if callable(schedule) else schedule,
        momentum=options.momentum,
        decay=decay,
        clip_norm=options.clip_norm,
        progress=lambda done, total: _say(done, total, settings.method),
    )
    twin = unwrap(model, settings, make_twin(learner.network))
    error = _proven(take_back(learner.network, twin), twin, options.seed)
    save_keras(learner.network, folder / NETWORK)
    if head is not None:
        save_keras(take_back(learner.head, head), folder / HEAD)
    return {
        "steps": steps,
        "epochs": options.epochs,
        "loss": loss,
        "max_abs_error": error,
        "val_before": before,
        "val": data.validate(learner.network, learner.head) if data.validate else {},
        "classes": list(data.classes),
        "val_people": data.val_people,
        "data": str(data.store.path.resolve()),
        "data_hash": data.store.attributes["hash"],
        "notes": list(notes),
    }


def _resolved(options, network):
    kind = choose_modality(options, options.net, options.preset, network)
    options = dataclasses.replace(options, frames=choose_frames(options, network), mod=kind)
    return resolved(options, options.net, f"{options.net}_tuned")


def _fed(batches, epochs):
    for epoch in range(epochs):
        for inputs, labels in batches(epoch, 0):
            yield list(to_network({n: keras.ops.convert_to_tensor(v) for n, v in inputs.items()}).values()), labels


def _proven(network, twin, seed):
    """Return how far a network is from the twin that it took its weights from."""
    error = difference(network, twin, random_inputs(network, 2, seed))
    if not error <= TOLERANCE:  # not: a NaN fails as well
        raise ProofFailed(f"The network differs from its twin by {error:.2g}, more than {TOLERANCE:g}.")
    return error


def _say(done, total, what):
    print(json.dumps({"progress": [done, total, what]}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

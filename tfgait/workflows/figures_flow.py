"""Whether the flow pipeline keeps up with the training step: batches of 150 windows, augmented as published."""

import contextlib
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from tfgait.data.transforms import AUGMENTATIONS
from tfgait.datasets.store import Store, StoreWriter

PRESETS = ("cnn2d_small", "cnn3d_small", "cnn2d", "cnn3d")
BATCH, WINDOWS, KINDS = 150, 300, ("n", "b", "s")  # of the store that is made: 108 MB
BATCHES, STEPS = 9, 2


def figures_flow(progress=None):
    """Time the making of a batch alone, and training steps that are fed by the loop's own thread.

    Returns:
        record: `input_ms`, the median CPU time of a batch of the reading thread; for each preset `…_step_ms`, the
        median time of a step on a batch that is there, `…_ratio` of input to step, and `…_waited`, the share of the
        time in which a fed step waited for its batch. The ratio should be at most 0.05 and the wait be nothing.
    """
    with tempfile.TemporaryDirectory(prefix="tfgait-") as folder:
        batches = _batches(_random_store(Path(folder) / "flow.h5"))
        next(batches)
        times = []
        for _ in range(BATCHES):
            began = time.thread_time()
            next(batches)
            times.append(1000 * (time.thread_time() - began))
        record = {"input_ms": round(statistics.median(times), 1)}
        for done, preset in enumerate(PRESETS, 1):
            record |= _steps(preset, batches, record["input_ms"])
            if progress:
                progress(done, len(PRESETS), "networks")
    return {**record, "batch": BATCH, "batches": BATCHES, "steps": STEPS}


def _steps(preset, batches, input_ms):
    from tfgait.train.feed import feed

    trainer = _trainer(preset)
    with contextlib.closing(feed(batches, trainer.strategy)) as fed:
        kept = next(fed)
    trainer.run_step(kept)
    alone = []
    for _ in range(STEPS):
        began = time.perf_counter()
        trainer.run_step(kept)
        alone.append(1000 * (time.perf_counter() - began))
    waits, began = [], time.perf_counter()
    with contextlib.closing(feed(batches, trainer.strategy, waited=waits.append)) as fed:
        for _ in range(STEPS + 1):
            trainer.run_step(next(fed))
    # The first batch has no step to be made under.
    seconds = time.perf_counter() - began - waits[0]
    step = statistics.median(alone)
    return {
        f"{preset}_step_ms": round(step, 1),
        f"{preset}_ratio": round(input_ms / step, 4),
        f"{preset}_waited": round(sum(waits[1:]) / seconds, 4),
    }


def _trainer(preset):
    from tfgait.losses import LOSSES
    from tfgait.nets import build
    from tfgait.train.heads import SoftmaxHead
    from tfgait.train.learner import Learner
    from tfgait.train.loop import Trainer
    from tfgait.train.objective import Objective, Term
    from tfgait.train.optimizers import make_optimizer
    from tfgait.train.strategy import make_strategy

    strategy = make_strategy()
    with strategy.scope():
        network = build(preset)
        head = SoftmaxHead(*network.output["embedding"].shape[1:], BATCH)
        optimizer, _ = make_optimizer("sgd", 1e-4)
    objective = Objective((Term("crossentropy", LOSSES["cross_entropy"](0.0, 1.0), "logits"),))
    return Trainer(Learner(network, head), objective, optimizer, strategy)


def _batches(store):
    """Yield augmented batches of the balanced sampler without end."""
    from tfgait.data.pipeline import batches
    from tfgait.data.samplers import BalancedSampler

    sampler, epoch = BalancedSampler(store.table.kind, BATCH), 0
    while True:
        yield from batches(store, sampler, epoch, mode="consecutive", transform=AUGMENTATIONS["flow"])
        epoch += 1


def _random_store(path):
    rng = np.random.default_rng(0)
    with StoreWriter(path, "flow", source={"made": "random"}) as writer:
        for number in range(WINDOWS):
            window = rng.normal(0, 400, (25, 60, 60, 2)).astype(np.int16)
            subject, kind = f"{number // len(KINDS):03d}", KINDS[number % len(KINDS)]
            writer.add(window, subject=subject, condition=f"{kind}-01", view="090", name=f"{number:03d}")
    return Store(path)

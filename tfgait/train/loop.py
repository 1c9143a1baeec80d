"""The one training loop: any strategy, ordinary Keras callbacks, resumable at any moment."""

import contextlib
import dataclasses
import itertools
import math
import time

import keras

from tfgait.core.errors import UserError
from tfgait.train.callbacks import callback_state, restore_callback
from tfgait.train.checkpoints import assign_all
from tfgait.train.feed import feed
from tfgait.train.history import write_history
from tfgait.train.interrupt import Interrupt
from tfgait.train.step import Step
from tfgait.train.twin import Twin


class NotANumber(UserError):
    """The loss or its gradient is no longer finite."""


@dataclasses.dataclass
class Record:
    """Where a training stands: all that is not an array.

    Args:
        epoch: epochs finished.
        step: steps of the present one that are done.
        seconds: of all sittings together.
        sums: {name: sum of the step logs of the present epoch}.
        history: one dict an epoch.
        ranks: {"best" | "best_ema": [rank, epoch]}.
        published: name of the checkpoint that `model.keras` is, empty before the first.
        stopped: whether a callback has ended the training.
        callbacks: what each callback remembers, but for arrays.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    sums: dict = dataclasses.field(default_factory=dict)
    history: list = dataclasses.field(default_factory=list)
    ranks: dict = dataclasses.field(default_factory=dict)
    published: str = ""
    stopped: bool = False
    callbacks: list = dataclasses.field(default_factory=list)


class Trainer:
    """Trains a learner.

    Learner and optimizer are made in the scope of `strategy`. Killed at any moment, `fit` on the same run folder goes
    on from the last saved state, and ends where it would have ended.

    Args:
        learner, objective, optimizer, strategy, weight_decay, clip_norm: see `Step`.
    """

    def __init__(self, learner, objective, optimizer, strategy, *, weight_decay=0.0, clip_norm=0.0):
        with strategy.scope():
            learner.compile(optimizer=optimizer, jit_compile=False, auto_scale_loss=False)
            optimizer.build(learner.trainable_variables)
        self.learner, self.optimizer, self.strategy = learner, optimizer, strategy
        self.step = Step(learner, objective, optimizer, strategy, weight_decay, clip_norm)
        self.twin = Twin(learner, optimizer)

    def fit(
        self,
        batches,
        checkpoints,
        *,
        epochs,
        steps,
        validate=None,
        rank=None,
        callbacks=(),
        progress=None,
        save_minutes=5.0,
    ):
        """Train until `epochs` are done or a callback sets `stop_training`.

        Args:
            batches: ``batches(epoch, start)`` -> iterator of ({modality: array}, labels) from step `start` on; a pure
                function of the two, with at least `steps` batches an epoch.
            checkpoints: `Checkpoints` of the run folder; a state found there is gone on with.
            epochs, steps: epochs, and steps of each; at least 1.
            validate: ``validate(network)`` -> {name: number}, measured on people who do not train. It is given the
                float32 twin, and its numbers are logged as ``val_…``; those of the moving average as ``val_ema_…``.
            rank: ``rank(numbers of validate)`` -> list of numbers, higher is better, the first counts most. Without
                validation the last epoch is the best.
            callbacks: Keras callbacks; what they remember is saved and restored.
            progress: ``progress(done, total, what)`` or None.
            save_minutes: longest time between two saved states.

        Returns:
            `Record` of the finished training.

        Raises:
            NotANumber: the loss or its gradient is not finite.
            KeyboardInterrupt: Ctrl-C, after the state has been saved.
            DataError: the saved state belongs to something else, or is damaged.
        """
        record = Record()
        calls = keras.callbacks.CallbackList(list(callbacks), model=self.learner, epochs=epochs, steps=steps, verbose=0)
        self.learner.stop_training = False
        calls.on_train_begin()
        if (saved := checkpoints.load_state()) is not None:
            record = self._restore(saved, calls.callbacks)
        with Interrupt() as interrupt:
            while record.epoch < epochs and not record.stopped:
                began = time.monotonic() - record.seconds
                calls.on_epoch_begin(record.epoch)
                save = _Clock(save_minutes)
                with contextlib.closing(feed(batches(record.epoch, record.step), self.strategy)) as fed:
                    for batch in itertools.islice(fed, steps - record.step):
                        calls.on_train_batch_begin(record.step)
                        logs = self._step(batch, record)
                        calls.on_train_batch_end(record.step - 1, logs)
                        record.seconds = time.monotonic() - began
                        if progress is not None:
                            progress(record.epoch * steps + record.step, epochs * steps, "training")
                        if interrupt.asked or (save.due() and record.step < steps):
                            self._save(checkpoints, record, calls.callbacks)
                        if interrupt.asked:
                            raise KeyboardInterrupt
                if record.step < steps:
                    raise ValueError(f"an epoch must have {steps} batches. Received: {record.step}.")
                self._end_epoch(record, checkpoints, calls, validate, rank)
                record.seconds = time.monotonic() - began
                self._save(checkpoints, record, calls.callbacks)
                if interrupt.asked:
                    raise KeyboardInterrupt
        calls.on_train_end()
        return record

    def run_step(self, batch):
        """Take one step on ({modality: tensor}, labels) and return its numbers, {name: float}."""
        return {name: float(value) for name, value in self.step(*batch).items()}

    def _step(self, batch, record):
        logs = self.run_step(batch)
        for what in ("loss", "gradient_norm"):
            if not math.isfinite(logs[what]):
                raise NotANumber(
                    f"the {what} became {logs[what]} in epoch {record.epoch + 1}, step {record.step + 1}. "
                    "A lower lr, clip_norm=1, or mixed_precision off may help."
                )
        for name, value in logs.items():
            record.sums[name] = record.sums.get(name, 0.0) + value
        record.step += 1
        return logs

    def _end_epoch(self, record, checkpoints, calls, validate, rank):
        logs = {name: total / record.step for name, total in record.sums.items()}
        logs["learning_rate"] = float(self.optimizer.learning_rate)
        for suffix, average in (("", False), ("_ema", True)):
            network, head = self.twin.load(average)
            if network is None:
                continue
            checkpoints.save_network(f"last{suffix}", network)
            numbers = {} if validate is None else validate(network)
            logs |= {f"val{suffix}_{name}": float(value) for name, value in numbers.items()}
            score = [record.epoch] if validate is None else list(rank(numbers))
            self._keep(checkpoints, record, f"best{suffix}", score, network, head)
        calls.on_epoch_end(record.epoch, logs)
        record.history.append({"epoch": record.epoch + 1, **logs, "seconds": round(record.seconds, 2)})
        write_history(checkpoints.run / "history.csv", record.history)
        record.epoch, record.step, record.sums = record.epoch + 1, 0, {}
        record.stopped = bool(self.learner.stop_training)

    def _keep(self, checkpoints, record, name, score, network, head):
        if name in record.ranks and score <= record.ranks[name][0]:
            return
        others = [rank for rank, _ in record.ranks.values()]
        record.ranks[name] = [score, record.epoch + 1]
        checkpoints.save_network(name, network)
        if all(score > other for other in others):
            checkpoints.publish(network, head)
            record.published = name

    def _save(self, checkpoints, record, callbacks):
        groups = {"learner": self.learner.variables, "optimizer": self.optimizer.variables}
        groups = {group: [keras.ops.convert_to_numpy(v) for v in variables] for group, variables in groups.items()}
        record.callbacks = []
        for i, callback in enumerate(callbacks):
            scalars, arrays = callback_state(callback)
            record.callbacks.append({"kind": type(callback).__name__, "scalars": scalars})
            groups |= {f"callback{i}.{name}": values for name, values in arrays.items()}
        checkpoints.save_state(groups, dataclasses.asdict(record))

    def _restore(self, saved, callbacks):
        groups, record = saved
        record = Record(**record)
        assign_all("network", self.learner.variables, groups["learner"])
        assign_all("optimizer", self.optimizer.variables, groups["optimizer"])
        for i, (callback, state) in enumerate(zip(callbacks, record.callbacks, strict=False)):
            prefix = f"callback{i}."
            arrays = {g.removeprefix(prefix): values for g, values in groups.items() if g.startswith(prefix)}
            if state["kind"] == type(callback).__name__:
                restore_callback(callback, state["scalars"], arrays)
        return record


class _Clock:
    """Says when so many minutes have passed since it last said so."""

    def __init__(self, minutes):
        self._seconds, self._last = minutes * 60, time.monotonic()

    def due(self):
        if time.monotonic() - self._last < self._seconds:
            return False
        self._last = time.monotonic()
        return True

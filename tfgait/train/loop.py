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
from tfgait.train.clock import Clock
from tfgait.train.feed import feed
from tfgait.train.history import write_history
from tfgait.train.interrupt import Interrupt
from tfgait.train.record import Record
from tfgait.train.step import Step
from tfgait.train.twin import Twin


class NotANumber(UserError):
    """The loss or its gradient is no longer finite."""


class Trainer:
    """Trains a learner.

    Learner and optimizer are made in the scope of `strategy`. Killed at any moment, `fit` on the same run folder goes
    on from the last saved state, and ends where it would have ended.

    Args:
        learner, objective, optimizer, strategy, weight_decay, clip_norm, teacher: see `Step`.
    """

    def __init__(self, learner, objective, optimizer, strategy, *, weight_decay=0.0, clip_norm=0.0, teacher=None):
        with strategy.scope():
            learner.compile(optimizer=optimizer, jit_compile=False, auto_scale_loss=False)
            optimizer.build(learner.trainable_variables)
        self.learner, self.optimizer, self.strategy = learner, optimizer, strategy
        self.step = Step(learner, objective, optimizer, strategy, weight_decay, clip_norm, teacher)
        self.twin = Twin(learner, optimizer)

    def fit(
        self,
        batches,
        checkpoints,
        *,
        epochs,
        steps,
        stage=1,
        learning_rate=None,
        validate=None,
        rank=None,
        callbacks=(),
        progress=None,
        save_minutes=5.0,
    ):
        """Train until `epochs` are done or a callback sets `stop_training`.

        A training may have stages, one call each, in order: a stage begins with the weights and the optimizer that the
        one before it left, and knows nothing of its ranks and callbacks. Epochs are counted through.

        Args:
            batches: ``batches(epoch, start)`` -> iterator of ({modality: array}, labels) from step `start` on; a pure
                function of the two, with at least `steps` batches an epoch.
            checkpoints: `Checkpoints` of the run folder; a state found there is gone on with.
            epochs, steps: epochs of the stage, and steps of each; at least 1.
            stage: its number, from 1. A saved state of a later stage returns at once, one of an earlier stage begins
                this one.
            learning_rate: of the beginning of the stage; None: as it is.
            validate: ``validate(network, head)`` -> {name: number}, measured on sequences that do not train. It is
                given the float32 twins, of which the head may be None; its numbers are logged as ``val_…``, those of
                the moving average as ``val_ema_…``.
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
        saved = checkpoints.load_state()
        record = Record(**saved[1]) if saved else Record(stage=stage)
        if record.stage > stage:
            return record
        calls = keras.callbacks.CallbackList(list(callbacks), model=self.learner, epochs=epochs, steps=steps, verbose=0)
        self.learner.stop_training = False
        calls.on_train_begin()
        if saved:
            self._restore(saved[0], record.callbacks if record.stage == stage else (), calls.callbacks)
        if record.stage < stage:
            record.stage, record.begun, record.stopped, record.ranks = stage, record.epoch, False, {}
            if learning_rate is not None:
                self.optimizer.learning_rate = learning_rate
        with Interrupt() as interrupt:
            while record.epoch < record.begun + epochs and not record.stopped:
                began = time.monotonic() - record.seconds
                calls.on_epoch_begin(record.epoch)
                save = Clock(save_minutes)
                with contextlib.closing(feed(batches(record.epoch, record.step), self.strategy)) as fed:
                    for batch in itertools.islice(fed, steps - record.step):
                        calls.on_train_batch_begin(record.step)
                        logs = self._step(batch, record)
                        calls.on_train_batch_end(record.step - 1, logs)
                        record.seconds = time.monotonic() - began
                        if progress is not None:
                            done = (record.epoch - record.begun) * steps + record.step
                            progress(done, epochs * steps, "training" if stage == 1 else f"training, stage {stage}")
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
        logs["learning_rate"] = float(keras.ops.convert_to_numpy(self.optimizer.learning_rate))
        for suffix, average in (("", False), ("_ema", True)):
            network, head = self.twin.load(average)
            if network is None:
                continue
            checkpoints.save_network(f"last{suffix}", network)
            numbers = {} if validate is None else validate(network, head)
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

    def _restore(self, groups, remembered, callbacks):
        assign_all("network", self.learner.variables, groups["learner"])
        assign_all("optimizer", self.optimizer.variables, groups["optimizer"])
        for i, (callback, state) in enumerate(zip(callbacks, remembered, strict=False)):
            prefix = f"callback{i}."
            arrays = {g.removeprefix(prefix): values for g, values in groups.items() if g.startswith(prefix)}
            if state["kind"] == type(callback).__name__:
                restore_callback(callback, state["scalars"], arrays)

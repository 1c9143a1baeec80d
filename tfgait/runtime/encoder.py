"""Embeddings of stored sequences, the same frames of each for every kind of model file."""

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.core.frames import central_frames
from tfgait.core.modality import MODALITIES, modality


class Encoder:
    """A runner's view for recognition: stored sequences in, embeddings out.

    Args:
        runner: a `Runner` with one modality as input and ``"embedding"`` (B, P, D) as output.
        frames: the central frames of a sequence that stand for it, cycled where it is shorter;
            0: as many as the file is fixed to, else the modality's own number; None: every frame.
        batch: sequences run at a time; None: as many as hold no more than `frames_at_once`, at least one.
        frames_at_once: frames of one batch, which bounds the memory.

    Raises:
        ConfigError: the file is fixed to another number of frames.
        DataError: the file's input is no modality, or it gives no embedding.
    """

    def __init__(self, runner, frames=0, batch=None, frames_at_once=240):
        self.runner = runner
        known = [name for name in runner.inputs if name in MODALITIES]
        if len(runner.inputs) != 1 or not known or "embedding" not in runner.outputs:
            raise DataError(
                f"{runner.path} must take one modality ({', '.join(MODALITIES)}) and give an embedding. "
                f"Received: {', '.join(runner.inputs)} to {', '.join(runner.outputs)}."
            )
        self.modality = modality(known[0])
        fixed = runner.inputs[self.modality.name].shape[1]
        if fixed and frames not in (0, fixed):
            raise ConfigError(
                f"frames must be {fixed}, to which {runner.path} is fixed. Received: frames={frames or 'all'}."
            )
        self.frames = (fixed or self.modality.frames) if frames == 0 else frames
        self._batch, self._frames_at_once = batch, frames_at_once

    def encode(self, sequences, progress=None):
        """Return the embeddings (N, P, D), float32, of an iterable of stored sequences (T, H, W, C).

        Args:
            sequences: views of a memory map will do; they are read when their batch is run.
            progress: called with the number of sequences done after every batch.

        Raises:
            DataError: there is no sequence, one is empty, or of a shape the network does not take.
        """
        waiting, found, done = {}, {}, 0
        for number, sequence in enumerate(sequences):
            length = len(sequence) if self.frames is None else self.frames
            group = waiting.setdefault(length, [])
            group.append((number, sequence))
            if len(group) >= (self._batch or self._frames_at_once // length):
                done = self._flush(waiting.pop(length), length, found, done, progress)
        for length, group in waiting.items():
            done = self._flush(group, length, found, done, progress)
        if not found:
            raise DataError("there must be at least one sequence to encode. Received: none.")
        return np.stack([found[number] for number in range(len(found))])

    def _flush(self, group, length, found, done, progress):
        chosen = [np.asarray(sequence)[central_frames(len(sequence), length)] for _, sequence in group]
        shapes = {c.shape for c in chosen}
        if len(shapes) != 1:
            raise DataError(f"all sequences must have frames of one shape. Received: {sorted(shapes)}.")
        chosen = np.stack(chosen)
        check_stored(chosen, self.modality)
        batch = self.modality.to_network(chosen)
        embeddings = self.runner.run({self.modality.name: batch})["embedding"]
        found.update(zip((number for number, _ in group), embeddings, strict=True))
        if progress:
            progress(done + len(group))
        return done + len(group)


def check_stored(values, modality):
    """Raise `DataError` where values are clearly not as a `Modality` is stored: another type, or masks of 0 and 1."""
    wanted = np.dtype(modality.dtype)
    if values.dtype != wanted:
        raise DataError(f"{modality.name} must be {wanted}, as stored. Received: {values.dtype}.")
    if modality.name == "silhouettes" and values.max() == 1:
        raise DataError("silhouettes must be 0 background and 255 person. Received: a mask of 0 and 1.")

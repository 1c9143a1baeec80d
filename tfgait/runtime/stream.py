"""A walk as it comes, frame by frame, with an embedding whenever one is asked for."""

from collections import deque

import numpy as np

from tfgait.core.errors import ConfigError, DataError
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder, check_stored

LONGEST = 1000


class Stream:
    """The frames of one track. A subclass keeps them (`_take`), forgets them (`_forget`) and embeds them (`_embed`).

    Args:
        runner: `Runner` of one modality that gives embeddings.
        window: how many of the last frames count; 0: as the subclass says.

    Attributes:
        modality: `Modality` of its frames.
        seen: frames pushed since the last reset.
    """

    def __init__(self, runner, window):
        self._encoder = Encoder(runner, window)
        self.modality = self._encoder.modality
        self._shape = runner.inputs[self.modality.name].shape[2:]
        self._window = window
        self.reset()

    @property
    def ready(self):
        """Whether there is a frame, and as many as the window has."""
        return self.seen >= max(self._window, 1)

    def reset(self):
        """Begin anew, as with another person."""
        self.seen, self._answer = 0, None
        self._forget()

    def push(self, frame):
        """Take the next frame (H, W, C), as it is stored: of silhouettes uint8, 0 background to 255 person.

        Raises:
            DataError: another shape or type, or a mask of 0 and 1; the stream stays as it was.
        """
        frame = np.asarray(frame)
        if frame.shape != self._shape:
            raise DataError(f"a frame of {self.modality.name} must be {self._shape} here. Received: {frame.shape}.")
        check_stored(frame, self.modality)
        self._take(frame)
        self.seen += 1
        self._answer = None

    def embedding(self):
        """Return the embedding (P, D), float32 and not to be written to, of the frames that count.

        It is computed once a frame at most. Before the stream is `ready`, it is that of the frames there are.

        Raises:
            DataError: there is no frame yet.
        """
        if not self.seen:
            raise DataError("a stream must be given a frame before its embedding. Received: none since it began.")
        if self._answer is None:
            self._answer = self._embed()
            self._answer.setflags(write=False)
        return self._answer

    def _take(self, frame):
        raise NotImplementedError

    def _forget(self):
        raise NotImplementedError

    def _embed(self):
        raise NotImplementedError


class StagedStream(Stream):
    """Of a file in two stages: a frame costs the frame stage once, and an answer the set stage once.

    Args:
        runner: `Runner` with `stages`.
        window: how many of the last frames count; 0: all of them, of which nothing but the maximum is kept.
    """

    def __init__(self, runner, window=0):
        self._stages = runner.stages
        self._maxima = self._stages.maxima(window)
        super().__init__(runner, window)
        self._given = runner.inputs[self.modality.name]

    def _take(self, frame):
        self._stages.frame(self._given.store(self.modality.to_network(frame)), self._maxima)

    def _forget(self):
        for maximum in self._maxima.values():
            maximum.reset()

    def _embed(self):
        found = self._stages.set(self._maxima)["embedding"]
        return self._encoder.runner.outputs["embedding"].real(found)[0]


class WindowStream(Stream):
    """Of any other file: the last frames are kept, and an answer costs the whole network once.

    Args:
        runner: any `Runner`.
        window: how many frames; 0: as many as the file is fixed to, else the modality's own number. Fewer are cycled.
    """

    def __init__(self, runner, window=0):
        window = window or Encoder(runner).frames
        self._kept = deque(maxlen=window)
        super().__init__(runner, window)

    def _take(self, frame):
        self._kept.append(np.array(frame))

    def _forget(self):
        self._kept.clear()

    def _embed(self):
        return self._encoder.encode([np.stack(self._kept)])[0]


def open_stream(path, window=0, threads=1):
    """Return the `Stream` of a model file.

    Args:
        path: the file; one exported with `--stream` runs every frame once.
        window: how many of the last frames count, to 1000; 0: of a file exported with `--stream` all of them since the
            last reset, of another as many as it is fixed to, else the modality's own number.
        threads: how many the interpreter may use.

    Raises:
        ConfigError: a window out of its range, or other than the frames that the file is fixed to.
        DataError: no such file, or a damaged or foreign one.
    """
    if type(window) is not int or not 0 <= window <= LONGEST:
        raise ConfigError(f"window must be a whole number in 0..{LONGEST}, 0 for its default. Received: {window!r}.")
    runner = open_runner(path, threads)
    return WindowStream(runner, window) if runner.stages is None else StagedStream(runner, window)

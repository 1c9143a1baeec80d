"""The figures of streams measure what they say; times are never tested."""

from tfgait.runtime.stream import StagedStream
from tfgait.workflows import figures_streaming as module


def test_every_precision_is_measured(monkeypatch):
    monkeypatch.setattr(module, "NETWORK", "gaitset_tiny")
    monkeypatch.setattr(module, "ROUNDS", 1)
    streams, opened = [], module.open_stream
    monkeypatch.setattr(module, "open_stream", lambda path: streams.append(opened(path)) or streams[-1])
    said = []
    record = module.figures_streaming(progress=lambda done, total, what: said.append(done / total))
    names = [f"gaitset_tiny {precision}" for precision in ("fp32", "int8")]
    whats = ("30 frames, ms", "a frame", "a frame with an answer")
    assert list(record) == [f"{name}, {what}" for name in names for what in whats]
    assert all(value > 0 for value in record.values())
    assert all(isinstance(stream, StagedStream) for stream in streams)
    # Two that warm up and one that is measured, of 30 frames, without and with answers.
    assert [stream.seen for stream in streams] == [180, 180]
    assert said == sorted(said) and said[-1] == 1

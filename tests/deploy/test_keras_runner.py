import logging

import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.deploy.keras_runner import KerasRunner
from tfgait.nets import build
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder


def test_file_gives_what_the_network_gives_without_tracing_again(tmp_path):
    network = build("gaitset_tiny", variable_length=True)
    network.save(tmp_path / "m.keras")
    runner = open_runner(tmp_path / "m.keras")
    for size, frames in ((1, 5), (3, 9), (2, 30)):
        value = np.random.default_rng(size).integers(0, 256, (size, frames, 16, 12, 1)).astype(np.uint8)
        length = np.full(size, frames, np.int32)
        wanted = network({"silhouettes": value, "length": length})["embedding"].numpy()
        np.testing.assert_allclose(runner.run({"silhouettes": value})["embedding"], wanted, atol=1e-6)


def test_many_runners_in_one_process_are_no_reason_for_a_warning(monkeypatch):
    told = []
    monkeypatch.setattr(logging.getLogger("tensorflow"), "warning", lambda *args: told.append(args))
    network = build("gaitset_tiny")
    for _ in range(8):
        KerasRunner(network).run({"silhouettes": np.zeros((1, 2, 16, 12, 1))})
    assert told == []


def test_whole_sequences_differ_from_central_frames():
    runner = KerasRunner(build("gaitset_tiny"))
    value = [(np.random.default_rng(0).random((60, 16, 12, 1)) > 0.5).astype(np.uint8) * 255]
    assert np.abs(Encoder(runner, frames=None).encode(value) - Encoder(runner).encode(value)).max() > 0


def test_damaged_and_foreign_files_are_named(tmp_path):
    build("gaitset_tiny").save(tmp_path / "m.keras")
    (tmp_path / "cut.keras").write_bytes((tmp_path / "m.keras").read_bytes()[:4000])
    (tmp_path / "text.keras").write_text("hello")
    for name in ("cut.keras", "text.keras"):
        with pytest.raises(DataError, match=name):
            open_runner(tmp_path / name)


def test_threads_are_checked():
    with pytest.raises(ConfigError, match="threads=0"):
        KerasRunner(build("gaitset_tiny"), threads=0)

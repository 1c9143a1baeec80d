import os
import signal

import pytest

from tfgait.core.errors import DataError
from tfgait.runtime.bench_process import fresh_process


def test_a_file_runs_in_a_process_of_its_own(written):
    path = written.paths["tflite", "int8"]
    with fresh_process(path) as process:
        assert process.ready["fixed"] == 1 and process.ready["frames"] == 30
        assert process.ready["modality"] == "silhouettes"
        assert 0 < process.ready["baseline_bytes"] < process.ready["peak_bytes"]
        once = process.run(8)
        assert once["runs"] == 1 and once["cpu_ms"] > 0 and process.start_ms > once["wall_ms"]
        assert process.run(1, 0.2)["runs"] > 1
        number = process._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_free_batch_is_told(written):
    with fresh_process(written.paths["onnx", "fp32"]) as process:
        assert process.ready["fixed"] in (None, 1)
        assert process.run(3)["runs"] == 1


def test_a_damaged_file_is_named(written, tmp_path):
    damaged = tmp_path / "model.tflite"
    damaged.write_bytes(written.paths["tflite", "int8"].read_bytes()[:2000])
    with pytest.raises(DataError, match=str(damaged)), fresh_process(damaged):
        pytest.fail("it must not start")


def test_a_file_that_ends_its_process_is_named_with_the_signal(written):
    path = written.paths["tflite", "fp32"]
    with fresh_process(path) as process:
        os.kill(process._process.pid, signal.SIGSEGV)
        with pytest.raises(DataError, match=f"{path} cannot be run: it ended its process by SIGSEGV"):
            process.run()


def test_the_last_words_of_a_process_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/ls")
    told = "x.tflite cannot be run: .*cannot access '1': No such file"
    with pytest.raises(DataError, match=told), fresh_process(tmp_path / "x.tflite"):
        pytest.fail("it must not start")


def test_an_answer_that_does_not_come_is_not_waited_for(written):
    path = written.paths["tflite", "fp32"]
    with pytest.raises(DataError, match="must answer within 0 s"), fresh_process(path, seconds=0):
        pytest.fail("it must not start")

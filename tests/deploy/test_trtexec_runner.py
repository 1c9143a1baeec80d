import json

import numpy as np
import pytest

from tfgait.core.errors import DataError
from tfgait.deploy.engine import engine_spec
from tfgait.deploy.trtexec_runner import TrtexecRunner

RECORD = {
    "inputs": [{"name": "silhouettes", "shape": [None, 2, 1, 1, 1], "dtype": "float32"}],
    "outputs": [{"name": "embedding", "shape": [None, 1, 2], "dtype": "float32"}],
}


def runner_of(tmp_path, answer, batch=(1, 2, 4), **options):
    """A runner over a `trtexec` that says what it was asked, keeps its input, and gives `answer`."""
    path = tmp_path / "trtexec"
    path.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n'
        'for a in "$@"; do case $a in\n'
        f'--loadInputs=*) cp "${{a#*:}}" {tmp_path}/given ;;\n'
        f"--exportOutput=*) printf '%s' '{answer}' > \"${{a#*=}}\" ;;\nesac; done\n"
    )
    path.chmod(0o755)
    return TrtexecRunner(str(path), tmp_path / "m.engine", engine_spec(batch=batch, **options), RECORD)


def answer_of(values):
    return json.dumps([{"name": "embedding", "dimensions": "2x1x2", "values": values}])


def test_batch_is_run_at_the_usual_size(tmp_path):
    runner = runner_of(tmp_path, answer_of([1, 2, 3, 4]))
    found = runner.run({"silhouettes": np.array([7, 8], np.float32).reshape(1, 2, 1, 1, 1)})
    np.testing.assert_array_equal(found["embedding"], [[[1, 2]]])
    np.testing.assert_array_equal(np.fromfile(tmp_path / "given", np.float32), [7, 8, 7, 8])
    asked = (tmp_path / "asked").read_text().split()
    assert asked[:2] == [f"--loadEngine={tmp_path}/m.engine", "--shapes=silhouettes:2x2x1x1x1"]
    assert asked[4:] == ["--iterations=1", "--duration=0", "--warmUp=0"]


def test_core_is_that_of_the_engine(tmp_path):
    runner_of(tmp_path, answer_of([1, 2]), batch=(1,), dla=1).run({"silhouettes": np.zeros((1, 2, 1, 1, 1))})
    assert "--useDLACore=1" in (tmp_path / "asked").read_text().split()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", "could not run .*m.engine: it said nothing"),
        ("[ nan ]", "gave no outputs"),
        ("[]", "gave no outputs"),
        (answer_of([1, 2, 3]), r"must have \(2, 1, 2\). Received: 3 numbers"),
    ],
)
def test_what_is_no_output_is_named(tmp_path, answer, told):
    with pytest.raises(DataError, match=told):
        runner_of(tmp_path, answer).run({"silhouettes": np.zeros((1, 2, 1, 1, 1))})

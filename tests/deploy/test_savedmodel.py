import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.deploy import savedmodel
from tfgait.deploy.formats import check_format
from tfgait.deploy.parity import ParityError
from tfgait.deploy.savedmodel import SavedModelRunner, write_saved_model
from tfgait.deploy.serving import serving
from tfgait.nets import build


@pytest.fixture(scope="module")
def walks():
    return [(np.random.default_rng(i).random((30, 16, 12, 1)) > 0.5).astype(np.uint8) * 255 for i in range(3)]


def test_written_folder_agrees_and_can_be_replaced(tmp_path, walks):
    ready = serving(build("gaitset_tiny"), batch=2)
    for _ in range(2):
        parity = write_saved_model(ready, tmp_path / "saved", walks, check_format("onnx"))
        assert parity.sequences == 3
        assert parity.max_abs_error < 1e-6
    assert [p.name for p in tmp_path.iterdir()] == ["saved"]
    assert SavedModelRunner(tmp_path / "saved").inputs["silhouettes"].shape == (2, 30, 16, 12, 1)


def test_folder_of_something_else_is_not_touched(tmp_path, walks):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="a new folder"):
        write_saved_model(serving(build("gaitset_tiny")), tmp_path / "saved", walks, check_format("onnx"))
    assert (tmp_path / "saved" / "thesis.txt").read_text() == "mine"


def test_what_does_not_agree_is_removed(tmp_path, walks, monkeypatch):
    other = serving(build("gaitset_tiny"))
    whole = savedmodel.save
    monkeypatch.setattr(savedmodel, "save", lambda ready, folder: whole(other, folder))
    with pytest.raises(ParityError):
        write_saved_model(serving(build("gaitset_tiny")), tmp_path / "saved", walks, check_format("onnx"))
    assert list(tmp_path.iterdir()) == []


def test_no_saved_model_is_named(tmp_path):
    with pytest.raises(DataError, match="is not a readable SavedModel"):
        SavedModelRunner(tmp_path)

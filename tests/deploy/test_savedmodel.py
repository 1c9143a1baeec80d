import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.deploy.savedmodel import SavedModelRunner, save, whole_folder
from tfgait.deploy.serving import serving
from tfgait.nets import build


def test_written_folder_can_be_replaced_and_run(tmp_path):
    ready = serving(build("gaitset_tiny"), batch=2)
    for _ in range(2):
        with whole_folder(tmp_path / "saved") as made:
            save(ready, made)
    assert [p.name for p in tmp_path.iterdir()] == ["saved"]
    assert SavedModelRunner(tmp_path / "saved").inputs["silhouettes"].shape == (2, 30, 16, 12, 1)


def test_folder_of_something_else_is_not_touched(tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="a new folder"), whole_folder(tmp_path / "saved") as made:
        made.mkdir()
    assert (tmp_path / "saved" / "thesis.txt").read_text() == "mine"


def test_what_fails_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "saved") as made:
        made.mkdir()
        (made / "half").write_text("a model")
        1 / 0  # noqa: B018
    assert list(tmp_path.iterdir()) == []


def test_no_saved_model_is_named(tmp_path):
    with pytest.raises(DataError, match="is not a readable SavedModel"):
        SavedModelRunner(tmp_path)

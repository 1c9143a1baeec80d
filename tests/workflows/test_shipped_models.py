"""The networks that come along are what their cards say."""

import csv

import pytest
import yaml

from tfgait.core.files import file_hash, read_json
from tfgait.core.home import CHECKOUT
from tfgait.nets import build, load

SHIPPED = sorted(path.parent for path in (CHECKOUT / "models").glob("*/card.yaml"))
MOST_BYTES = 3_000_000


@pytest.fixture(params=SHIPPED, ids=lambda folder: folder.name)
def folder(request):
    return request.param


def test_there_is_one_of_each_kind_of_network():
    assert {folder.name for folder in SHIPPED} >= {"cnn2d_walkers", "cnn3d_walkers", "gaitset_walkers"}


def test_the_network_is_that_of_the_card(folder):
    card = yaml.safe_load((folder / "card.yaml").read_text(encoding="utf-8"))
    network = load(folder / "model.keras")
    assert (card["name"], card["net"], card["preset"]) == (folder.name, network.name, folder.name)
    assert (card["modality"], card["metric"], card["params"]) == (
        network.modality,
        network.metric,
        network.count_params(),
    )
    assert network.get_config() == build(card["preset"]).get_config()
    assert len(set(card["classes"])) == len(card["classes"]) > 100


def test_files_are_small_and_those_that_were_scored(folder):
    side = read_json(folder / "model_int8.tflite.json")
    assert side["sha256"] == file_hash(folder / "model_int8.tflite")
    assert all(path.stat().st_size < MOST_BYTES for path in folder.iterdir())
    with open(folder / "results.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    scores = yaml.safe_load((folder / "card.yaml").read_text(encoding="utf-8"))["scores"]
    assert {row["file"] for row in rows} == {"model.keras", "model_int8.tflite"}
    for row in rows:
        assert int(row["bytes"]) == (folder / row["file"]).stat().st_size
        assert float(row["rank1"]) == scores[row["file"]]["rank1"][row["probe"]]
        assert float(row["knn7"]) == scores[row["file"]]["knn_accuracy_k7"][row["probe"]]

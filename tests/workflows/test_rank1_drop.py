"""Rank-1 of a file beside its network, held against a slow loop."""

import numpy as np
import pytest
from tiny_run import write_data

from tfgait.core.table import SequenceTable
from tfgait.datasets.store import Store, StoreWriter
from tfgait.runtime import open_runner
from tfgait.runtime.encoder import Encoder
from tfgait.runtime.runner import Runner
from tfgait.workflows.data import split_of
from tfgait.workflows.export import ExportOptions, export
from tfgait.workflows.models import resolve_model
from tfgait.workflows.rank1_drop import rank1_judge, thinned

pytestmark = pytest.mark.usefixtures("at_home")


class Blurred(Runner):
    """The network with one feature left of every part, so that it recognises otherwise."""

    def __init__(self, path, file):
        self._whole = open_runner(path)
        self.inputs, self.outputs, self.path = self._whole.inputs, self._whole.outputs, file

    def invoke(self, values):
        found = self._whole.invoke(values)["embedding"]
        return {"embedding": found * (np.arange(found.shape[-1]) == 0)}


def rank1(encoder, store):
    """Percent of nm-05 whose nearest nm-01, by the mean of the parts' distances, is of the same person."""
    _, people = split_of(store).subjects(store.table)
    rows = {(s, c): i for i, (s, c) in enumerate(zip(store.table.subject, store.table.condition, strict=True))}
    codes = {key: encoder.encode([store.read(row)])[0].astype(np.float64) for key, row in rows.items()}
    right = 0
    for person in people:
        far = {}
        for other in people:
            gap = codes[person, "nm-05"] - codes[other, "nm-01"]
            far[other] = np.mean([np.sqrt((part**2).sum()) for part in gap])
        right += min(far, key=far.get) == person
    return 100 * right / len(people)


def test_both_are_scored_on_the_test_people(tiny_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("tiny_run.SUBJECTS", [f"{i:03}" for i in range(16)])
    write_data(tmp_path / "silhouettes.h5", (16, 12, 1))
    store = Store(tmp_path / "silhouettes.h5")
    judge, why = rank1_judge(ExportOptions(), resolve_model("tiny"), store)
    assert why == ""
    (tmp_path / "blurred.tflite").write_bytes(b"another")
    whole = Encoder(open_runner(tiny_folder / "model.keras"))
    other = Encoder(Blurred(tiny_folder / "model.keras", tmp_path / "blurred.tflite"))
    found = judge(other)
    assert (found.people, found.sequences, found.probes) == (8, 16, 8)
    assert found.network == pytest.approx(rank1(whole, store), abs=1e-3)
    assert found.file == pytest.approx(rank1(other, store), abs=1e-3)
    assert found.drop == pytest.approx(found.network - found.file, abs=1e-3)
    assert found.file != found.network, "or nothing is shown"
    assert judge(whole).drop == 0


def test_the_drop_stands_in_the_result_and_in_the_sidecar(tiny_folder, tmp_path):
    made = export(ExportOptions(out=f"{tmp_path}/", format="onnx"))
    assert made.rank1_drop == 0 and made.rank1["people"] == 2 and made.notes == ()
    left = export(ExportOptions(out=f"{tmp_path}/", format="onnx", rank1_sequences=0))
    assert left.rank1_drop is None and left.notes == ("rank-1 was not compared: rank1_sequences is 0",)


def test_data_without_probes_say_so(tmp_path):
    with StoreWriter(tmp_path / "silhouettes.h5", modality="silhouettes", shape=(16, 12, 1)) as writer:
        for i in range(4):
            frames = np.full((25, 16, 12, 1), 255, np.uint8)
            writer.add(frames, subject=f"{i:03}", condition="nm-01", view="090", name=f"{i}")
    made = export(ExportOptions(datadir=str(tmp_path), out=f"{tmp_path}/"))
    assert made.rank1_drop is None
    assert len(made.notes) == 1 and "rank-1 was not compared: " in made.notes[0]


def table(people=6, conditions=("nm-01", "nm-05", "cl-01"), views=("000", "045", "090", "135", "180")):
    rows = [(f"{p:03}", c, v) for p in range(people) for c in conditions for v in views]
    subject, condition, view = (np.array(column) for column in zip(*rows, strict=True))
    return SequenceTable(
        subject=subject,
        condition=condition,
        view=view,
        name=np.arange(len(rows)).astype(str),
        length=np.full(len(rows), 30),
    )


def test_fewer_views_before_fewer_people():
    whole = table()
    assert len(thinned(whole, 90)) == 90
    some = whole.take(thinned(whole, 60))
    assert len(some) == 54 and set(some.view) == {"000", "090", "180"} and len(set(some.subject)) == 6
    few = whole.take(thinned(whole, 20))
    assert set(few.view) == {"000", "180"} and set(few.subject) == {"000", "001", "002"} and len(few) == 18
    least = whole.take(thinned(whole, 1))
    assert len(set(least.subject)) == len(set(least.view)) == 2 and set(least.condition) == set(whole.condition)

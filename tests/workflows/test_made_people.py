from types import SimpleNamespace

import numpy as np
import pytest

from tfgait.datasets.store import Store, write_store
from tfgait.workflows.evaluate import EvaluateOptions, choose_people


@pytest.mark.parametrize(
    ("dataset", "trained_as", "seen"),
    [
        ("walkers_tum", "walkers", 2),
        ("walkers", "walkers_tum", 2),
        ("walkers_tum", "casia_b", 0),
        ("tum_gaid", "walkers", 0),
    ],
)
def test_a_number_is_the_same_person_in_every_set_that_is_made(tmp_path, dataset, trained_as, seen):
    frames = np.zeros((1, 60, 60, 1), np.uint8)
    rows = [(frames, f"00{s}", "n-01", "090", f"00{s}-n-01-090#0") for s in (1, 2, 3, 4)]
    source = {"dataset": dataset, "train_subjects": ["001"]}
    store = Store(write_store(tmp_path / "grey.h5", "grey", rows, source=source))
    model = SimpleNamespace(manifest={"dataset": trained_as}, trained_on={"002", "003", "009"})
    people, found = choose_people(store, model, EvaluateOptions(people="all"))
    assert people == ["001", "002", "003", "004"] and found == seen

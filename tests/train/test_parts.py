"""Heads, objectives, schedules, devices, checkpoints, history."""

import csv
import math

import keras
import numpy as np
import pytest

from tfgait.core.errors import ConfigError, DataError
from tfgait.losses import LOSSES
from tfgait.nets import build
from tfgait.train.checkpoints import Checkpoints
from tfgait.train.feed import feed
from tfgait.train.heads import SoftmaxHead
from tfgait.train.history import write_history
from tfgait.train.objective import Objective, Term
from tfgait.train.optimizers import make_optimizer, make_schedule
from tfgait.train.strategy import make_strategy


@pytest.mark.parametrize(("preset", "parameters"), [("cnn2d", 6_982_774), ("cnn3d", 10_055_126)])
def test_published_parameters_with_150_people(preset, parameters):
    network = build(preset)
    head = SoftmaxHead(*network.output["embedding"].shape[1:], 150)
    assert network.count_params() + head.count_params() == parameters
    assert head.get_layer("probs").kernel_initializer.__class__.__name__ == "HeUniform"


def test_head_is_a_dense_layer_on_the_flattened_embedding(tmp_path):
    head = SoftmaxHead(3, 4, 5)
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    kernel, bias = head.get_weights()
    np.testing.assert_allclose(head(x), (x.reshape(2, 12) @ kernel + bias)[:, None], rtol=1e-5)
    head.save(tmp_path / "head.keras")
    again = keras.saving.load_model(tmp_path / "head.keras", safe_mode=True)
    np.testing.assert_array_equal(again(x), head(x))
    assert again.get_config() == {"parts": 3, "channels": 4, "classes": 5}


@pytest.mark.parametrize("sizes", [(0, 4, 5), (3, 0, 5), (3, 4, 1), (3, 4, 2.5)])
def test_head_refuses(sizes):
    with pytest.raises(ConfigError, match="whole number of at least"):
        SoftmaxHead(*sizes)


def test_objective_is_the_weighted_sum():
    rng = np.random.default_rng(0)
    labels, outputs = (
        np.array([0, 0, 1, 1]),
        {"embedding": rng.normal(size=(4, 2, 3)), "logits": rng.normal(size=(4, 1, 2))},
    )
    outputs = {name: keras.ops.convert_to_tensor(v, "float32") for name, v in outputs.items()}
    triplet, entropy = LOSSES["triplet_all"](0.2), LOSSES["cross_entropy"](0.0, 1.0)
    objective = Objective((Term("triplet", triplet, weight=0.5), Term("entropy", entropy, "logits", 2.0)))
    total, stats = objective(labels, outputs)
    logits = np.asarray(outputs["logits"])[:, 0]
    by_hand = np.mean(np.log(np.exp(logits).sum(1)) - logits[np.arange(4), labels])
    assert float(stats["entropy"]) == pytest.approx(by_hand, rel=1e-5)
    assert float(total) == pytest.approx(0.5 * float(triplet(labels, outputs["embedding"])) + 2 * by_hand, rel=1e-5)
    assert objective.needs_head and not Objective((Term("t", triplet),)).needs_head
    assert {"active", "accuracy"} <= set(stats)


def test_objective_refuses():
    loss = LOSSES["triplet_all"]()
    for terms in ((), (Term("a", loss), Term("a", loss))):
        with pytest.raises(ConfigError, match="terms must be"):
            Objective(terms)
    with pytest.raises(ConfigError, match="weight must be above 0"):
        Term("a", loss, weight=0)


def test_schedules_are_their_formulas():
    cosine = make_schedule("cosine", 0.1, steps=110, warmup=10)
    for step in (0, 5, 10, 35, 60, 110):
        wanted = 0.1 * step / 10 if step < 10 else 0.05 * (1 + math.cos(math.pi * (step - 10) / 100))
        assert float(cosine(step)) == pytest.approx(wanted, abs=1e-6)
    multistep = make_schedule("multistep", 0.1, steps=100)
    assert [float(multistep(s)) for s in (0, 50, 51, 75, 76)] == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001])
    assert make_schedule("constant", 0.1, steps=5) == 0.1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_schedule("cosin", 0.1, steps=9), "Did you mean 'cosine'"),
        (lambda: make_schedule("cosine", 0.1, steps=9, warmup=9), "warmup must lie in"),
        (lambda: make_schedule("constant", 0.1, steps=9, warmup=1), "belongs to schedule=cosine"),
        (lambda: make_schedule("multistep", 0.1, steps=9, milestones=(0.7, 0.2)), "milestones must rise"),
        (lambda: make_schedule("constant", 0, steps=9), "lr must be above 0"),
        (lambda: make_optimizer("sdg", 0.1), "Did you mean 'sgd'"),
        (lambda: make_optimizer("sgd", float("nan")), "lr must be above 0"),
        (lambda: make_optimizer("sgd", 0.1, momentum=1), "momentum must lie in"),
        (lambda: make_optimizer("sgd", 0.1, ema=1.0), "ema must lie in"),
        (lambda: make_optimizer("sgd", 0.1, weight_decay=-1), "weight_decay must be at least 0"),
        (lambda: make_strategy("tpu"), "device must be cpu, gpu, or numbers"),
        (lambda: make_strategy("97"), "device must be one that TensorFlow sees"),
    ],
)
def test_bad_options_are_named(call, message):
    with pytest.raises(ConfigError, match=message):
        call()


def test_a_state_is_whole_or_the_one_before(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.load_state() is None
    checkpoints.save_state({"a": [np.arange(3), np.float32(2)]}, {"epoch": 1, "loss": math.inf})
    real = np.savez

    def full(path, **arrays):
        real(path, a=np.arange(2))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        checkpoints.save_state({"a": [np.arange(9)]}, {"epoch": 2})
    groups, record = checkpoints.load_state()
    assert record == {"epoch": 1, "loss": math.inf}
    np.testing.assert_array_equal(groups["a"][0], np.arange(3))
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["last.npz"]


@pytest.mark.parametrize("spoil", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"PK\x03\x04" + bytes(50)])
def test_a_damaged_state_is_named(tmp_path, spoil):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save_state({"a": [np.arange(100)]}, {"epoch": 1})
    checkpoints.state.write_bytes(spoil(checkpoints.state.read_bytes()))
    with pytest.raises(DataError, match=r"last.npz is damaged.*Delete"):
        checkpoints.load_state()


def test_a_pickle_in_a_state_is_not_read(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    np.savez(checkpoints.state, **{"record": np.frombuffer(b"{}", np.uint8), "a/00000": np.array([{}], object)})
    with pytest.raises(DataError, match="damaged"):
        checkpoints.load_state()


def test_history_has_the_union_of_columns(tmp_path):
    write_history(tmp_path / "history.csv", [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25, "val": 1.0}])
    with open(tmp_path / "history.csv") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{"epoch": "1", "loss": "0.5", "val": ""}, {"epoch": "2", "loss": "0.25", "val": "1.0"}]


def test_feed_keeps_order_raises_and_ends():
    strategy = make_strategy("cpu")
    batches = [({"x": np.full(2, i)}, np.array([i, i])) for i in range(7)]
    assert [int(labels[0]) for _, labels in feed(iter(batches), strategy)] == list(range(7))

    def broken():
        yield batches[0]
        raise DataError("a frame is damaged")

    fed = feed(broken(), strategy)
    next(fed)
    with pytest.raises(DataError, match="a frame is damaged"):
        next(fed)
    read = []
    fed = feed((read.append(i) or batches[0] for i in range(10**9)), strategy)
    next(fed)
    fed.close()
    assert len(read) < 10

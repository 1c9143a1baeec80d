"""Losses against published arrays, and against loops over every triplet."""

import numpy as np
import pytest
import tensorflow as tf

from tfgait.core.errors import ConfigError
from tfgait.losses import LOSSES
from tfgait.losses.batch_all_triplet import BatchAllTriplet
from tfgait.losses.batch_hard_triplet import BatchHardTriplet
from tfgait.losses.softmax_cross_entropy import SoftmaxCrossEntropy

TRIPLETS = (BatchAllTriplet(), BatchHardTriplet(), BatchHardTriplet(metric="cosine"))
UNEQUAL = np.array([3, 0, 0, 7, 3, 0, 5, 9, 3, 0, 5, 7])


def parts_last(x):
    """(n, c, p) as published, to (B, P, D)."""
    return np.ascontiguousarray(x.transpose(0, 2, 1))


def value_and_gradient(loss, labels, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(labels, x)
    return float(value), tape.gradient(value, x).numpy()


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def every_triplet(labels, x, margin):
    """Loop over all triplets in float64: loss and active count of each part, and the gradient of the mean loss."""
    x = x.astype("float64")
    count, parts, _ = x.shape
    losses, actives, gradient = [], [], np.zeros_like(x)
    for p in range(parts):
        terms, push = [], np.zeros_like(x[:, p])
        for a in range(count):
            for i in np.flatnonzero(labels == labels[a]):
                for j in np.flatnonzero(labels != labels[a]):
                    near, far = x[a, p] - x[i, p], x[a, p] - x[j, p]
                    near_length, far_length = np.linalg.norm(near), np.linalg.norm(far)
                    term = near_length - far_length + margin
                    if term > 0:
                        terms.append(term)
                        near, far = near / (near_length or 1), far / (far_length or 1)
                        push[a] += near - far
                        push[i] -= near
                        push[j] += far
        losses.append(np.mean(terms) if terms else 0.0)
        actives.append(len(terms))
        gradient[:, p] = push / max(len(terms), 1) / parts
    return np.array(losses), np.array(actives), gradient


@pytest.mark.parametrize(
    "case", ["typical", "shuffled_labels", "two_parts_without_active_triplets", "identical_embeddings"]
)
def test_batch_all_equals_opengait(golden, case):
    arrays = np.load(golden / "losses.npz")
    case = {k.split("/")[-1]: arrays[k] for k in arrays.files if k.startswith(f"triplet/{case}/")}
    embedding = parts_last(case["embeddings"])
    value, gradient = value_and_gradient(BatchAllTriplet(), case["labels"], embedding)
    assert value == pytest.approx(case["loss_mean"], abs=1e-6)
    np.testing.assert_allclose(gradient, parts_last(case["grad_embeddings"]), atol=1e-6)
    parts = BatchAllTriplet().parts(case["labels"], embedding)
    np.testing.assert_allclose(parts["loss"], case["loss"], atol=1e-6)
    np.testing.assert_array_equal(parts["active"], case["loss_num"])
    np.testing.assert_allclose(parts["hard"], case["hard_loss"], atol=1e-6)
    np.testing.assert_allclose(parts["distance"], case["mean_dist"], atol=2e-3)


def test_batch_all_equals_opengait_on_a_network_s_embeddings(golden):
    arrays = np.load(golden / "networks" / "gaitset.npz")
    value, stats = BatchAllTriplet().with_stats(arrays["labels"], parts_last(arrays["embedding"]))
    assert float(value) == pytest.approx(arrays["loss_eval/total"], abs=1e-4)
    assert float(stats["active"]) == pytest.approx(arrays["loss_eval/triplet/loss_num"].mean() / 54, rel=0.01)


@pytest.mark.parametrize("labels", [UNEQUAL, np.repeat([1, 2, 3], 3), np.arange(6), np.array([1, 1, 1, 2])], ids=str)
@pytest.mark.parametrize("margin", [0.2, 3.0])
def test_batch_all_equals_a_loop_over_every_triplet(labels, margin):
    embedding = normal(len(labels), 3, 4)
    embedding[:, 1] *= 0.05
    losses, actives, gradient = every_triplet(labels, embedding, margin)
    assert actives.sum() > 0
    parts = BatchAllTriplet(margin).parts(labels, embedding)
    np.testing.assert_allclose(parts["loss"], losses, atol=2e-6)
    np.testing.assert_array_equal(parts["active"], actives)
    value, found = value_and_gradient(BatchAllTriplet(margin), labels, embedding)
    assert value == pytest.approx(losses.mean(), abs=2e-6)
    np.testing.assert_allclose(found, gradient, atol=2e-6)
    triplets = sum(np.sum(labels == k) * np.sum(labels != k) for k in labels)
    stats = BatchAllTriplet(margin).with_stats(labels, embedding)[1]
    assert float(stats["active"]) == pytest.approx(actives.mean() / triplets)


def test_batch_all_keeps_its_digits_far_from_the_origin():
    embedding = normal(8, 2, 16) * 0.1
    labels = np.repeat([0, 1], 4)
    near = float(BatchAllTriplet()(labels, embedding))
    assert float(BatchAllTriplet()(labels, embedding + 100)) == pytest.approx(near, abs=1e-4)


@pytest.mark.parametrize("case", ["losses", "losses_singleton"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_batch_hard_equals_lstc(golden, case, metric):
    arrays = np.load(golden / "lstc.npz")
    embedding = arrays[f"{case}/embeddings"][:, None]
    value, gradient = value_and_gradient(BatchHardTriplet(0.3, metric), arrays[f"{case}/labels"], embedding)
    assert value == pytest.approx(arrays[f"{case}/triplet_{metric}"], abs=1e-6)
    np.testing.assert_allclose(gradient[:, 0], arrays[f"{case}/triplet_{metric}_grad"], atol=1e-6)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_batch_hard_equals_a_loop(metric):
    x = normal(len(UNEQUAL), 3, 4).astype("float64") * 0.1
    x[7] = x[1] * 1.01
    terms = np.zeros((3, len(x)))
    for p, a in np.ndindex(terms.shape):
        if metric == "euclidean":
            distance = np.linalg.norm(x[:, p] - x[a, p], axis=1)
        else:
            distance = 1 - x[:, p] @ x[a, p] / np.linalg.norm(x[:, p], axis=1) / np.linalg.norm(x[a, p])
        positives = [i for i in range(len(x)) if UNEQUAL[i] == UNEQUAL[a] and i != a]
        if positives:
            terms[p, a] = max(0, distance[positives].max() - distance[UNEQUAL[a] != UNEQUAL].min() + 0.3)
    value, stats = BatchHardTriplet(0.3, metric).with_stats(UNEQUAL, x.astype("float32"))
    assert float(value) == pytest.approx(terms.mean(), abs=1e-6)
    assert float(stats["active"]) == pytest.approx((terms > 0).mean())


@pytest.mark.parametrize("loss", TRIPLETS, ids=repr)
@pytest.mark.parametrize("value", [0.0, 1.0, -3e4, 1e-30])
def test_gradients_are_finite_where_all_are_one(loss, value):
    result, gradient = value_and_gradient(loss, np.repeat([0, 1, 2], 2), np.full((6, 3, 8), value, "float32"))
    assert result == pytest.approx(loss.margin, abs=1e-6)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("loss", TRIPLETS, ids=repr)
def test_gradients_are_finite_where_some_are_one(loss):
    x = normal(6, 2, 4)
    x[1] = x[0]
    x[3] = x[2] = 0
    _, gradient = value_and_gradient(loss, np.array([0, 0, 0, 1, 1, 1]), x)
    assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0


@pytest.mark.parametrize("loss", TRIPLETS, ids=repr)
@pytest.mark.parametrize("labels", [[5], [4, 4, 4]], ids=str)
def test_a_batch_of_one_subject_teaches_nothing(loss, labels):
    value, gradient = value_and_gradient(loss, np.array(labels), normal(len(labels), 2, 3))
    assert value == 0 and not gradient.any()


@pytest.mark.parametrize("loss", TRIPLETS, ids=repr)
def test_computes_in_float32_whatever_it_is_given(loss):
    x = normal(8, 3, 16) * 40
    labels = np.repeat([0, 1, 2, 3], 2)
    for kind in (tf.float16, tf.bfloat16):
        half = tf.cast(x, kind)
        value = loss(labels, half)
        assert value.dtype == tf.float32
        assert float(value) == pytest.approx(float(loss(labels, tf.cast(half, tf.float32))), abs=1e-5)


@pytest.mark.parametrize("loss", TRIPLETS, ids=repr)
def test_compiles_for_any_batch(loss):
    compiled = tf.function(loss, input_signature=[tf.TensorSpec([None], tf.int64), tf.TensorSpec([None, 2, 3])])
    for count in (4, 7):
        x, labels = normal(count, 2, 3), np.arange(count) // 2
        assert float(compiled(labels, x)) == pytest.approx(float(loss(labels, x)), abs=1e-6)


@pytest.mark.parametrize(
    ("case", "loss"),
    [
        ("smooth", SoftmaxCrossEntropy()),
        ("plain", SoftmaxCrossEntropy(smoothing=0)),
        ("smooth_scale1", SoftmaxCrossEntropy(scale=1)),
    ],
)
def test_cross_entropy_equals_opengait(golden, case, loss):
    arrays = np.load(golden / "losses.npz")
    logits, labels = parts_last(arrays["ce/logits"]), arrays["ce/labels"]
    value, gradient = value_and_gradient(loss, labels, logits)
    assert value == pytest.approx(arrays[f"ce/{case}/loss"], rel=1e-6)
    np.testing.assert_allclose(gradient, parts_last(arrays[f"ce/{case}/grad_logits"]), atol=1e-6)
    accuracy = float(loss.with_stats(labels, logits)[1]["accuracy"])
    assert accuracy == pytest.approx(np.mean(logits.argmax(-1) == labels[:, None]))
    if f"ce/{case}/accuracy" in arrays.files:
        assert accuracy == pytest.approx(arrays[f"ce/{case}/accuracy"])


def test_cross_entropy_equals_lstc(golden):
    arrays = np.load(golden / "lstc.npz")
    loss = SoftmaxCrossEntropy(smoothing=0, scale=1)
    value, gradient = value_and_gradient(loss, arrays["losses/labels"], arrays["losses/logits"][:, None])
    assert value == pytest.approx(arrays["losses/cross_entropy"], abs=1e-6)
    np.testing.assert_allclose(gradient[:, 0], arrays["losses/cross_entropy_grad"], atol=1e-6)


def test_cross_entropy_survives_extreme_logits():
    logits = np.array([[[1e4, -1e4, 0.0]], [[0.0, 6e4, -6e4]]], "float32")
    value, gradient = value_and_gradient(SoftmaxCrossEntropy(), np.array([1, 1]), logits)
    assert np.isfinite(value) and np.isfinite(gradient).all()


@pytest.mark.parametrize("name", LOSSES)
def test_every_name_is_a_loss(name):
    loss = LOSSES[name]()
    value, stats = loss.with_stats(np.array([0, 0, 1, 1]), normal(4, 2, 3))
    assert value.shape == () and all(s.shape == () for s in stats.values())
    assert LOSSES[name]() == loss and "=" in repr(loss)


@pytest.mark.parametrize(
    ("loss", "wrong"),
    [
        (BatchAllTriplet, {"margin": 0}),
        (BatchHardTriplet, {"margin": -1}),
        (BatchHardTriplet, {"metric": "cosin"}),
        (SoftmaxCrossEntropy, {"smoothing": 1}),
        (SoftmaxCrossEntropy, {"smoothing": -0.1}),
        (SoftmaxCrossEntropy, {"scale": 0}),
    ],
    ids=str,
)
def test_refuses_wrong_arguments(loss, wrong):
    with pytest.raises(ConfigError, match="Received"):
        loss(**wrong)

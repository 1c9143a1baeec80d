"""Losses between a teacher and a student, against slow loops."""

import numpy as np
import pytest
import tensorflow as tf

from tfgait.core.errors import ConfigError
from tfgait.losses.distillation import ActivationBoundary, SoftenedLogits


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def gradients(loss, teacher, student):
    teacher, student = tf.constant(teacher), tf.constant(student)
    with tf.GradientTape() as tape:
        tape.watch([teacher, student])
        value = loss(teacher, student)
    return float(value), tape.gradient(value, [teacher, student])


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


@pytest.mark.parametrize(("temperature", "scale"), [(4.0, 16.0), (1.0, 1.0), (2.5, 3.0)])
def test_logits_against_a_loop(temperature, scale):
    teacher, student = normal(5, 3, 7), normal(5, 3, 7, seed=1)
    total, slope = 0.0, np.zeros_like(student)
    for b, p in np.ndindex(5, 3):
        wanted, found = (softmax(x[b, p].astype(float) * scale / temperature) for x in (teacher, student))
        total += temperature**2 * (wanted * np.log(wanted / found)).sum() / 15
        slope[b, p] = temperature * scale * (found - wanted) / 15
    value, (to_teacher, to_student) = gradients(SoftenedLogits(temperature, scale), teacher, student)
    assert value == pytest.approx(total, rel=1e-5)
    np.testing.assert_allclose(to_student, slope, atol=1e-5)
    assert to_teacher is None


def test_the_same_logits_cost_nothing_and_agree():
    logits = normal(4, 1, 5) * 30
    value, stats = SoftenedLogits().with_stats(logits, logits)
    assert float(value) == pytest.approx(0, abs=1e-5) and float(stats["agreement"]) == 1
    moved = np.concatenate([logits[:1], np.roll(logits[1:], 1, axis=-1)])
    assert float(SoftenedLogits().with_stats(logits, moved)[1]["agreement"]) == 0.25


def test_boundary_against_a_loop():
    teacher, student = normal(6, 2, 9), 1.5 * normal(6, 2, 9, seed=1)
    teacher[0, 0, 0] = 0
    total, slope = 0.0, np.zeros_like(student)
    for b, p, d in np.ndindex(6, 2, 9):
        t, s = teacher[b, p, d], student[b, p, d]
        if t > 0 and s <= 1:
            total, slope[b, p, d] = total + (s - 1) ** 2 / 12, 2 * (s - 1) / 12
        if t <= 0 and s > -1:
            total, slope[b, p, d] = total + (s + 1) ** 2 / 12, 2 * (s + 1) / 12
    value, (to_teacher, to_student) = gradients(ActivationBoundary(), teacher, student)
    assert value == pytest.approx(total, rel=1e-5)
    np.testing.assert_allclose(to_student, slope, atol=1e-6)
    assert to_teacher is None


def test_boundary_is_crossed_by_the_margin():
    teacher = np.array([[[0.1, -0.1, 5.0]]], np.float32)
    assert float(ActivationBoundary(0.5)(teacher, np.array([[[0.5, -0.7, 9.0]]], np.float32))) == 0
    value, stats = ActivationBoundary(0.5).with_stats(teacher, np.array([[[0.5, 0.5, 9.0]]], np.float32))
    assert float(value) == 1 and float(stats["same_side"]) == pytest.approx(2 / 3)


@pytest.mark.parametrize("loss", [SoftenedLogits(), ActivationBoundary()], ids=repr)
def test_half_precision_is_computed_in_float32(loss):
    half = tf.cast(normal(4, 2, 5) * 100, tf.float16), tf.cast(normal(4, 2, 5, seed=1) * 100, tf.float16)
    value = loss(*half)
    assert value.dtype == tf.float32
    assert float(value) == pytest.approx(float(loss(*(tf.cast(x, tf.float32) for x in half))), rel=1e-6)


@pytest.mark.parametrize(
    "make", [lambda: SoftenedLogits(0), lambda: SoftenedLogits(scale=-1), lambda: ActivationBoundary(0)]
)
def test_refuses_wrong_arguments(make):
    with pytest.raises(ConfigError, match="above 0. Received"):
        make()

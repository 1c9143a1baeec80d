import dataclasses

import numpy as np
import pytest
from tiny_pruning import make_home

from tfgait.core.errors import ConfigError
from tfgait.losses.distillation import SoftenedLogits
from tfgait.nets import build
from tfgait.train.checkpoints import save_keras
from tfgait.train.heads import SoftmaxHead
from tfgait.train.learner import Learner
from tfgait.workflows.teaching import make_teacher
from tfgait.workflows.train_options import TrainOptions
from tfgait.workflows.train_resolved import resolved

PEOPLE = ("000", "002", "004")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAIT_HOME", str(tmp_path))
    make_home(tmp_path)
    return tmp_path


def student(head=True):
    return Learner(build("gaitset_tiny"), SoftmaxHead(14, 8, 3) if head else None)


def test_the_teacher_is_the_run_with_its_classifier_and_stands_still(home):
    teacher, terms, notes = make_teacher(TrainOptions(teacher="mine", temperature=2.0), student(), PEOPLE)
    assert [(t.name, t.output, t.weight, t.distils) for t in terms] == [
        ("distill_logits", "logits", 1.0, True),
        ("distill_embedding", "embedding", 0.003, True),
    ]
    assert terms[0].loss == SoftenedLogits(2.0, 1.0) and notes == ()
    assert teacher.trainable_variables == []
    from tfgait.nets import load

    for a, b in zip(teacher.network.weights, load(home / "runs" / "mine" / "model.keras").weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_without_a_classifier_the_logits_fall_away_and_that_is_said(home):
    options = TrainOptions(teacher="mine", loss="triplet")
    teacher, terms, notes = make_teacher(options, student(head=False), PEOPLE)
    assert [t.name for t in terms] == ["distill_embedding"] and teacher.head is None
    assert notes == ("the teacher's logits are not used: loss=triplet has no classifier",)
    (home / "runs" / "mine" / "head.keras").unlink()
    assert "has no head.keras beside it" in make_teacher(options, student(), PEOPLE)[2][0]
    with pytest.raises(ConfigError, match="nothing is left to learn"):
        make_teacher(dataclasses.replace(options, distill_embedding=0.0), student(), PEOPLE)


def test_no_teacher_is_none():
    assert make_teacher(TrainOptions(), student(), PEOPLE) == (None, (), ())


def test_a_teacher_that_cannot_teach_this_network_is_refused(home):
    with pytest.raises(ConfigError, match="the same 3 people apart; mine tells 3 others"):
        make_teacher(TrainOptions(teacher="mine"), student(), ("000", "002", "005"))
    tuned = TrainOptions(teacher="mine", ftpruning=True)  # as prune and qat ask for it, which have no such options
    teacher, terms, notes = make_teacher(tuned, student(), ("000", "002", "005"))
    assert teacher.head is None and [t.name for t in terms] == ["distill_embedding"]
    assert "mine tells other people apart" in notes[0]
    without = TrainOptions(teacher="mine", distill_logits=0.0)
    assert [t.name for t in make_teacher(without, student(), ("7", "8", "9"))[1]] == ["distill_embedding"]
    save_keras(build("cnn2d_tiny"), home / "flow.keras")
    with pytest.raises(ConfigError, match="teacher must take silhouettes.*takes flow"):
        make_teacher(TrainOptions(teacher=str(home / "flow.keras")), student(), PEOPLE)
    save_keras(build("gaitset_tiny", embedding=16), home / "wide.keras")
    with pytest.raises(ConfigError, match="teacher must have the embedding"):
        make_teacher(TrainOptions(teacher=str(home / "wide.keras")), student(), PEOPLE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"teacher": "mine", "temperature": 0.0}, "temperature must be a number above 0"),
        ({"teacher": "mine", "distill_logits": -1.0}, "distill_logits must be a number of at least 0"),
        ({"teacher": "mine", "distill_embedding": float("nan")}, "distill_embedding must be a number"),
        ({"distill_logits": 2.0}, "distill_logits belongs to teacher"),
    ],
)
def test_bad_options_are_named(change, message):
    with pytest.raises(ConfigError, match=message):
        resolved(TrainOptions(**change), "gaitset", "gaitset_tiny")

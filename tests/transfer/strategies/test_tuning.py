"""What all trained strategies share: what has to be beaten, what is refused, and what the options become."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.strategies import tuning
from medgraft.transfer.strategies.strategy import Material
from medgraft.transfer.strategies.tuning import TuningConfig, tune
from medgraft.transfer.training.lesson import Lesson
from medgraft.transfer.training.objective import CrossEntropy, Distilled, Focal, LogitAdjusted
from medgraft.transfer.training.plan import AdversaryPlan, Plan, Rates

FACTS = BackboneFacts("b", "w", "c", 4, 10, 8, (0,) * 3, (1,) * 3, "bilinear", "-", "-", "-")
PLAN = Plan(Rates(0.1, 1.0, 0.0))


@pytest.fixture
def material(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    return Material(
        features=(rng.normal(size=(40, 4)) + labels[:, None]).astype(np.float32),
        labels=labels,
        groups=np.arange(40),
        is_val=np.arange(40) % 4 == 0,
        index=np.arange(40),
        n_classes=2,
        pixels=lambda rows: np.zeros((len(rows), 1, 8, 8), np.float32),
        backbone=SimpleNamespace(facts=FACTS),
        modality="unknown",
        checkpoints=tmp_path,
    )


@pytest.fixture
def trained(monkeypatch):
    """Training that ends as it is told; what it started from is kept."""
    done = SimpleNamespace(start=None, loss=0.0, best_epoch=2)
    head = LinearHead(np.full((2, 4), 7.0, np.float32), np.zeros(2, np.float32))

    def train(course, material, start):
        done.start = start
        result = SimpleNamespace(
            best_epoch=done.best_epoch, best_loss=done.loss, stopped_early=False, history=[{"seconds": 1.0}] * 3
        )
        return SimpleNamespace(trained=result, head=head, backbone_state={"w": np.ones(1)}, facts={})

    monkeypatch.setattr(tuning, "_train", train)
    return done


def test_what_beats_the_probe_is_given_back(material, trained):
    done = tune("x", TuningConfig(), PLAN, material)
    assert done.facts["helped"]
    assert done.backbone_state is not None
    assert "lowered the validation loss" in done.facts["text"]


@pytest.mark.parametrize(("loss", "epoch"), [(9.0, 2), (0.0, 0)])
def test_what_does_not_leaves_the_probe(material, trained, loss, epoch):
    trained.loss, trained.best_epoch = loss, epoch
    done = tune("x", TuningConfig(), PLAN, material)
    assert not done.facts["helped"]
    assert done.backbone_state is None
    assert done.head.rooted
    assert "did not help" in done.facts["text"]


def test_training_starts_from_a_plain_probe_or_from_nothing(material, trained):
    tune("x", TuningConfig(), PLAN, material)
    assert not trained.start.rooted
    assert np.abs(trained.start.weight).sum() > 0
    trained.loss = 9.0
    done = tune("x", TuningConfig(), PLAN, material, from_probe=False)
    assert np.abs(trained.start.weight).sum() == 0
    assert done.backbone_state is not None  # its best epoch, whatever it is
    assert "without the probe" in done.facts["text"]


@pytest.mark.parametrize("epoch", [2, 0])
def test_under_attack_the_probe_is_nothing_to_be_beaten(material, monkeypatch, epoch):
    """The loss under attack is above that of the probe on clean pictures, and what was trained is given back."""
    head = LinearHead(np.full((2, 4), 7.0, np.float32), np.zeros(2, np.float32))
    history = [{"seconds": 1.0, "val_loss": 9.5}, *[{"seconds": 1.0, "val_loss": 9.0}] * 3]
    result = SimpleNamespace(best_epoch=epoch, best_loss=9.0, stopped_early=False, history=history)
    done = SimpleNamespace(trained=result, head=head, backbone_state={"w": np.ones(1)}, facts={})
    monkeypatch.setattr(tuning, "_train", lambda course, material, start: done)
    plan = replace(PLAN, adversary=AdversaryPlan("pgd", 0.1, 3, 0.5, 6.0, 1, 5))
    found = tune("x", TuningConfig(), plan, material)
    assert found.head is head and found.backbone_state is not None
    assert found.facts["helped"] == (epoch > 0)
    assert "under attack" in found.facts["text"] and "9.5000" in found.facts["text"]


def test_volumes_and_missing_validation_are_refused(material, trained):
    with pytest.raises(UsageError, match="x on volumes"):
        tune("x", TuningConfig(), PLAN, replace(material, slices=Bags(np.zeros((80, 4)), np.arange(0, 81, 2))))
    with pytest.raises(UsageError, match="give a split with a val part"):
        tune("x", TuningConfig(), PLAN, replace(material, is_val=np.zeros(40, bool)))


def test_options_become_objectives():
    def objective(config, lesson=None):
        return tuning._objective(tuning._Course("x", config, PLAN, lesson), np.array([0, 0, 0, 1]), 2)

    assert objective(TuningConfig(label_smoothing=0.1)) == CrossEntropy(0.1)
    assert objective(TuningConfig(loss="focal")) == Focal()
    adjusted = objective(TuningConfig(loss="logit-adjusted"))
    assert isinstance(adjusted, LogitAdjusted)
    np.testing.assert_allclose(np.exp(adjusted.log_prior), [0.75, 0.25])
    assert objective(TuningConfig(), Lesson(np.eye(2), 3.0, 0.4)) == Distilled(3.0, 0.4)

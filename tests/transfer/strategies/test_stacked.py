"""The stack: weights with known answers, noise that gets none, and a head that says what the stack says."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.head import softmax
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.stacked import Stacked, StackedConfig, stack_weights
from medgraft.transfer.strategies.strategy import Material

CASES, WIDTH = 400, 6
CONFIG = StackedConfig(root=False, repeats=1)


def facts(*dims):
    parts = tuple(SimpleNamespace(name=f"part{place}", feature_dim=dim) for place, dim in enumerate(dims))
    return SimpleNamespace(facts=SimpleNamespace(name="+".join(part.name for part in parts), parts=parts))


def material(first, second, seed=0, cases=CASES):
    """Two classes; each part's columns hold ``first`` and ``second`` of signal of its own, in independent noise."""
    rng = np.random.default_rng(seed)
    groups = np.arange(cases) // 2
    labels = (groups % 2).astype(np.int64)
    features = rng.normal(size=(cases, 2 * WIDTH))
    features[:, 0] += first * (labels - 0.5)
    features[:, WIDTH] += second * (labels - 0.5)
    return Material(
        features=features.astype(np.float32),
        labels=labels,
        groups=groups,
        is_val=np.zeros(cases, bool),
        index=np.arange(cases),
        n_classes=2,
        pixels=lambda rows: np.zeros((len(rows), 1, 8, 8), np.float32),
        backbone=facts(WIDTH, WIDTH),
        modality="unknown",
        checkpoints=None,
        progress=Progress(),
    )


def chances(shift, labels, rng):
    """Calibrated chances of class 1: the posterior of a normal observation ``shift`` apart."""
    seen = rng.normal(size=len(labels)) + shift * (labels - 0.5)
    posterior = 1 / (1 + np.exp(-shift * seen))
    return np.stack([1 - posterior, posterior], axis=1)


def test_independent_calibrated_evidence_adds_up():
    """The posterior of both is the product of the two, so that both weights are 1."""
    rng = np.random.default_rng(0)
    labels = np.arange(40_000) % 2
    weights, shift = stack_weights([chances(1.0, labels, rng), chances(1.5, labels, rng)], labels)
    np.testing.assert_allclose(weights, 1.0, atol=0.05)
    assert abs(shift[1] - shift[0]) < 0.05


def test_weights_are_those_of_a_logistic_regression_where_none_is_negative():
    rng = np.random.default_rng(1)
    labels = np.arange(3000) % 2
    answers = [chances(1.0, labels, rng), chances(0.7, labels, rng)]
    weights, _ = stack_weights(answers, labels)
    odds = np.stack([np.log(one[:, 1] / one[:, 0]) for one in answers], axis=1)
    other = LogisticRegression(C=1e6).fit(odds, labels).coef_[0]
    np.testing.assert_allclose(weights, other, atol=0.02)


def test_a_part_that_says_the_contrary_gets_no_weight():
    rng = np.random.default_rng(2)
    labels = np.arange(2000) % 2
    good, bad = chances(1.5, labels, rng), chances(1.0, labels, rng)[:, ::-1]
    weights, _ = stack_weights([good, bad], labels)
    assert weights[1] == 0.0
    assert weights[0] > 0.9


def test_noise_is_left_alone():
    result = Stacked(CONFIG).fit(material(2.0, 0.0))
    weights = dict(zip(result.facts["parts"], result.facts["weights"], strict=True))
    assert weights["part1"] < 0.3 * weights["part0"]
    assert result.facts["training_cases"] == CASES
    assert {row["part"] for row in result.history} == {"part0", "part1"}


def auroc(result, labels):
    score = result.out_of_fold.probability[0, :, 1]
    return np.mean(score[labels == 1][:, None] > score[labels == 0][None])


def test_what_two_know_is_more_than_what_one_knows():
    both, one = material(1.2, 1.2), material(1.2, 0.0)
    assert auroc(Stacked(CONFIG).fit(both), both.labels) > auroc(Stacked(CONFIG).fit(one), one.labels) + 0.04


def test_the_head_says_what_probes_and_stacker_say():
    given = material(1.5, 0.8)
    result = Stacked(CONFIG).fit(given)
    probes = []
    for part in (slice(0, WIDTH), slice(WIDTH, 2 * WIDTH)):
        alone = Material(**{**vars(given), "features": np.ascontiguousarray(given.features[:, part])})
        head = LinearProbe(LinearProbeConfig(root=False)).probe(alone).head
        probes.append(np.log(head.answers(Bags.single(alone.features))))
    odds = sum(weight * (one[:, 1] - one[:, 0]) for weight, one in zip(result.facts["weights"], probes, strict=True))
    mine = np.log(result.head.answers(Bags.single(given.features)))
    shift = (mine[:, 1] - mine[:, 0]) - odds
    np.testing.assert_allclose(shift, shift[0], atol=1e-4)


def test_validation_cases_do_not_train():
    given = material(1.5, 0.8)
    hidden = np.arange(CASES) >= 300
    one = Stacked(CONFIG).fit(Material(**{**vars(given), "is_val": hidden}))
    turned = np.where(hidden, 1 - given.labels, given.labels)
    other = Stacked(CONFIG).fit(Material(**{**vars(given), "is_val": hidden, "labels": turned}))
    np.testing.assert_array_equal(one.head.weight, other.head.weight)


def test_one_patient_a_class_gives_equal_weights():
    given = material(1.0, 1.0, cases=4)
    result = Stacked(CONFIG).fit(given)
    assert result.facts["weights"] == [0.5, 0.5]
    assert result.out_of_fold is None


def test_one_backbone_is_refused():
    given = Material(
        **{**vars(material(1.0, 1.0)), "backbone": SimpleNamespace(facts=SimpleNamespace(name="a", parts=()))}
    )
    with pytest.raises(UsageError, match=r"'a'.*--backbone NAME\+NAME"):
        Stacked(CONFIG).fit(given)
    assert softmax([0.0, 0.0])[0] == 0.5

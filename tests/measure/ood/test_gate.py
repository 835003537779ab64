"""The own kind is kept as often as asked, over many splits; planted strangers are refused; a gate as plain data."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medgraft.errors import ArtifactError, DataError, UsageError
from medgraft.measure.ood.gate import Gate, GateRule, fit_gate, fit_gate_across

MIXING = np.random.default_rng(42).normal(size=(4, 12))


def _own(random: np.random.Generator, n: int) -> np.ndarray:
    return random.normal(size=(n, 4)) @ MIXING + 0.5 * random.standard_t(4, size=(n, 12))


@pytest.mark.parametrize("kinds", [("mahalanobis",), ("knn",), ("mahalanobis", "knn")])
def test_the_own_kind_is_kept(kinds: tuple[str, ...]) -> None:
    random, kept = np.random.default_rng(0), []
    for _ in range(60):
        train, reference, new = _own(random, 80), _own(random, 60), _own(random, 200)
        gate = fit_gate(train, np.arange(80) % 2, reference, rule=GateRule(0.9, kinds))
        kept.append(1 - gate.refuses(new).mean())
    error = np.std(kept) / np.sqrt(60)
    assert np.mean(kept) >= 0.9 - 2 * error
    if len(kinds) == 1:
        assert np.mean(kept) <= 0.9 + 1 / 61 + 2 * error


def test_by_folds_the_own_kind_is_kept_too() -> None:
    random, kept = np.random.default_rng(1), []
    for _ in range(25):
        gate = fit_gate_across(_own(random, 120), np.arange(120) % 3, np.arange(120) % 5, rule=GateRule(0.9))
        kept.append(1 - gate.refuses(_own(random, 200)).mean())
    assert 0.9 - 2 * np.std(kept) / 5 <= np.mean(kept) < 0.98


def test_strangers_are_refused() -> None:
    random = np.random.default_rng(2)
    train = _own(random, 200)
    gate = fit_gate(train, np.arange(200) % 2, _own(random, 80))
    strangers = random.normal(size=(50, 12)) * 3
    assert gate.refuses(strangers).mean() > 0.9
    assert (gate.refuses(strangers) == (gate.strangeness(strangers) > 1)).all()
    assert gate.n == 80 and not gate.gallery


def test_a_patient_counts_once() -> None:
    random = np.random.default_rng(3)
    train, reference = _own(random, 100), _own(random, 50)
    copies = np.repeat(np.arange(50), np.arange(50) % 7 + 1)
    labels = np.zeros(100, dtype=int)
    alone = fit_gate(train, labels, reference)
    copied = fit_gate(train, labels, reference[copies], groups=(None, copies))
    assert copied.n == 50
    assert copied.bounds == pytest.approx(alone.bounds)
    worst = fit_gate(train, labels, reference[copies], groups=(None, copies), rule=GateRule(patient="worst"))
    assert worst.bounds == pytest.approx(alone.bounds)


def test_plain_data_make_the_same_gate_again() -> None:
    random = np.random.default_rng(4)
    gate = fit_gate(_own(random, 90), np.arange(90) % 2, _own(random, 60))
    facts = json.loads(json.dumps(gate.facts()))
    restored = Gate.restore(gate.tensors(), facts)
    new = _own(random, 30)
    assert (restored.strangeness(new) == gate.strangeness(new)).all()
    for spoilt in ({}, {**facts, "bounds": [1.0]}, {**facts, "detectors": [{"kind": "nothing"}]}):
        with pytest.raises(ArtifactError, match="does not fit this medgraft"):
            Gate.restore(gate.tensors(), spoilt)
    with pytest.raises(ArtifactError, match="does not fit this medgraft"):
        Gate.restore({}, facts)


def test_what_does_not_fit_is_refused() -> None:
    random = np.random.default_rng(5)
    train, labels = _own(random, 60), np.arange(60) % 2
    with pytest.raises(DataError, match="39 are needed"):
        fit_gate(train, labels, _own(random, 38))
    assert fit_gate(train, labels, _own(random, 39)).n == 39
    with pytest.raises(UsageError, match="between 0 and 1"):
        fit_gate(train, labels, train, rule=GateRule(keep=95))
    with pytest.raises(UsageError, match="one whole number a case"):
        fit_gate(train, labels[:-1], train)
    with pytest.raises(UsageError, match=r"need \(n, 12\)"):
        fit_gate(train, labels, train[:, :5])
    with pytest.raises(UsageError, match="there is no detector"):
        fit_gate(train, labels, train, rule=GateRule(kinds=("nothing",)))
    with pytest.raises(UsageError, match="stand in two folds"):
        fit_gate_across(train, labels, np.arange(60) % 2, groups=np.arange(60) // 2)
    with pytest.raises(UsageError, match="two folds or more"):
        fit_gate_across(train, labels, np.zeros(60, dtype=int))

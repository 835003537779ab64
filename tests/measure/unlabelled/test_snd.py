"""Soft neighbourhood density by hand, by loops, and in blocks."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.measure.shift.answers import Answers
from medgraft.measure.unlabelled import snd as module
from medgraft.measure.unlabelled.score import ModelEvidence
from medgraft.measure.unlabelled.snd import SND


def test_by_hand(evidence) -> None:
    same = evidence([0.9, 0.1], [1, 0], [1.0] * 4)
    assert SND(same) == pytest.approx(np.log(3)), "three others, all equally near"
    apart = evidence([0.9, 0.1], [1, 0], [1.0, 1.0, 0.0, 0.0])
    assert SND(apart) == pytest.approx(0.0, abs=1e-6), "one twin each, the others far away"
    assert SND(evidence([0.9, 0.1], [1, 0], [0.3])) == 0.0


def test_against_loops_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    chances = np.random.default_rng(0).dirichlet(np.ones(3), 23)
    rows = chances / np.sqrt((chances**2).sum(axis=1))[:, None]
    found = []
    for i in range(23):
        weights = np.array([np.exp(rows[i] @ rows[j] / 0.05) for j in range(23) if j != i])
        weights /= weights.sum()
        found.append(-(weights * np.log(weights)).sum())
    evidence = ModelEvidence(Answers.of(chances, np.arange(23) % 3, chances))
    assert SND(evidence) == pytest.approx(np.mean(found))
    monkeypatch.setattr(module, "BLOCK", 5)
    assert SND(evidence) == pytest.approx(np.mean(found))

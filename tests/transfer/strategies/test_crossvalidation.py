"""The scaffold of cross-validation: every case is held out once a repeat, with its group."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medgraft.transfer.strategies.crossvalidation import cross_validate
from medgraft.transfer.strategies.strategy import Material


def material(n, group=1):
    groups = np.arange(n) // group
    return Material(
        features=np.zeros((n, 2), np.float32),
        labels=(groups % 2).astype(np.int64),
        groups=groups,
        is_val=np.zeros(n, bool),
        index=np.arange(n),
        n_classes=2,
        pixels=None,
        backbone=None,
        modality="unknown",
        checkpoints=Path("nowhere"),
    )


def run(given, **options):
    seen = []

    def answer(held):
        seen.append(held)
        return np.full((int(held.sum()), given.n_classes), len(seen) / 100.0)

    return cross_validate(given, folds=4, repeats=2, answer=answer, **options), seen


def test_every_case_once_a_repeat_with_its_group():
    given = material(n=60, group=3)
    found, seen = run(given)
    assert found.probability.shape == (2, 60, 2)
    assert len(seen) == 8
    for repeat in range(2):
        for number in range(4):
            held = found.fold[repeat] == number
            assert not set(given.groups[held]) & set(given.groups[~held])
            assert len(np.unique(found.probability[repeat, held])) == 1


def test_large_cohorts_and_single_groups_are_left_out(monkeypatch):
    given = material(n=12, group=6)
    assert run(given)[0] is None
    monkeypatch.setattr("medgraft.transfer.strategies.crossvalidation.CV_LIMIT", 50)
    assert run(material(n=60))[0] is None

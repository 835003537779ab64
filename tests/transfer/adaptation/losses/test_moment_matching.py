"""Moments by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.transfer.adaptation.losses.moment_matching import moment_distance

RNG = np.random.default_rng(0)


def test_by_hand_with_three_sources():
    sources, target = [RNG.normal(size=(n, 3)) + n / 5 for n in (4, 5, 6)], RNG.normal(size=(7, 3))
    wanted = 0.0
    for k in (1, 2):
        means, there = [np.mean(rows**k, axis=0) for rows in sources], np.mean(target**k, axis=0)
        wanted += np.mean([np.linalg.norm(mean - there) for mean in means])
        wanted += np.mean([np.linalg.norm(means[i] - means[j]) for i, j in ((0, 1), (0, 2), (1, 2))])
    found = moment_distance([torch.from_numpy(rows) for rows in sources], torch.from_numpy(target))
    assert float(found) == pytest.approx(wanted, abs=1e-5)


def test_one_source_has_no_pairs():
    source, target = RNG.normal(size=(4, 2)), RNG.normal(size=(5, 2))
    wanted = sum(np.linalg.norm(np.mean(source**k, axis=0) - np.mean(target**k, axis=0)) for k in (1, 2))
    assert float(moment_distance([torch.from_numpy(source)], torch.from_numpy(target))) == pytest.approx(
        wanted, abs=1e-5
    )

"""Points of a learning curve on planted cases: more labels help where they can, parts keep patients together."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.selection.learning import SHARES, learning_points, share_of
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.strategy import Material

PATIENTS = 120


def material(tmp_path, signal):
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(PATIENTS), 2)
    labels = (groups % 2).astype(np.int64)
    features = rng.normal(size=(len(groups), 30)).astype(np.float32)
    features[:, :10] += signal * labels[:, None]
    return Material(
        features=features,
        labels=labels,
        groups=groups,
        is_val=np.zeros(len(groups), bool),
        index=np.arange(len(groups)),
        n_classes=2,
        pixels=lambda rows: pytest.fail("pixels are not needed"),
        backbone=SimpleNamespace(),
        modality="unknown",
        checkpoints=tmp_path,
    )


def probe():
    return LinearProbe(LinearProbeConfig(repeats=0, strength=1e-2, root=False))


def test_the_score_rises_with_the_labels_where_there_is_something_to_learn(tmp_path):
    points = learning_points(material(tmp_path, 0.35), probe)
    assert points.n[-1] == 192
    assert (np.diff(points.n) > 0).all()
    assert points.score[-1] > points.score[0] + 0.05
    assert (points.variance > 0).all()


def test_noise_stays_at_a_half(tmp_path):
    points = learning_points(material(tmp_path, 0.0), probe)
    assert np.abs(points.score - 0.5).max() < 0.08


def test_the_same_seed_gives_the_same_points(tmp_path):
    given = material(tmp_path, 0.35)
    one, other = learning_points(given, probe, draws=2), learning_points(given, probe, draws=2)
    np.testing.assert_array_equal(one.score, other.score)


def test_too_few_patients_give_no_curve(tmp_path):
    given = material(tmp_path, 0.0)
    single = given.__class__(**{**vars(given), "groups": given.labels.copy()})
    assert learning_points(single, probe) is None


@pytest.mark.parametrize("seed", range(5))
def test_parts_lie_in_each_other_and_keep_patients_whole(tmp_path, seed):
    given = material(tmp_path, 0.0)
    rows = np.flatnonzero(given.groups % 5 != 0)
    parts = [set(share_of(given, rows, share, seed)) for share in SHARES]
    assert all(small <= large for small, large in pairwise(parts))
    assert parts[-1] == set(rows)
    for part in parts:
        chosen = np.array(sorted(part))
        assert not set(given.groups[chosen]) & set(given.groups[np.setdiff1d(rows, chosen)])
        assert len(np.unique(given.labels[chosen])) == 2


def test_volumes_go_with_their_slices(tmp_path):
    given = material(tmp_path, 0.35)
    slices = Bags(np.repeat(given.features, 2, axis=0), np.arange(0, 2 * len(given.features) + 1, 2))
    points = learning_points(given.__class__(**{**vars(given), "slices": slices}), probe, draws=2)
    np.testing.assert_allclose(points.score, learning_points(given, probe, draws=2).score, atol=1e-9)

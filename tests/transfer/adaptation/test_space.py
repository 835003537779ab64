"""The common axes: distances are kept, and a rule on them is a head on features."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from medgraft.transfer.adaptation.space import Space, squared_distances
from medgraft.transfer.models.root import signed_root


@pytest.mark.parametrize("root", [False, True])
def test_distances_are_those_of_features_standardised_together(toys, root):
    pair = toys("moved", 0).pair
    space = Space.of(pair, root=root, most=512)
    rows = np.concatenate([pair.source.features, pair.target.features])
    rows = signed_root(rows) if root else rows
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    wanted = cdist(rows[:200], rows[200:])
    np.testing.assert_allclose(np.sqrt(squared_distances(space.source, space.target)), wanted, atol=1e-4)


@pytest.mark.parametrize("root", [False, True])
def test_a_rule_on_the_axes_is_a_head_on_features(toys, root):
    pair = toys("moved", 0).pair
    space = Space.of(pair, root=root, most=5)
    assert space.source.shape == (200, 5)
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(2, 5)), rng.normal(size=2)
    found = space.head(weight, bias).logits(pair.target.features)
    np.testing.assert_allclose(found, space.target @ weight.T + bias, atol=1e-4)


def test_the_longest_axes_are_kept(toys):
    space = Space.of(toys("moved", 0).pair, root=False, most=3)
    whole = Space.of(toys("moved", 0).pair, root=False, most=8)
    lengths = np.square(np.concatenate([whole.source, whole.target])).sum(axis=0)
    kept = np.square(np.concatenate([space.source, space.target])).sum(axis=0)
    np.testing.assert_allclose(np.sort(kept), np.sort(lengths)[-3:], rtol=1e-6)


def test_distances_by_hand():
    one, other = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[3.0, 4.0]])
    np.testing.assert_allclose(squared_distances(one, other), [[25.0], [13.0]])
    assert (squared_distances(one + 1e8, one + 1e8) >= 0).all()

"""Which methods move features, which side, and where to: the model that was fitted reads them there."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.moved import Moved
from medgraft.transfer.models.root import signed_root

SIDES = {
    "coral": "source",
    "linear-optimal-transport": "source",
    "optimal-transport": "source",
    "standardise": "source",
    "subspace-alignment": "both",
    "dann": "own space",
}
HEADS_ONLY = ("source-only", "label-shift", "shot", "importance-weighting", "pseudo-labels", "pooled-labels")
SHORT = {"dann": {"steps": 4, "hidden": 16}}


def result(name, pair, **options):
    member = ADAPTATIONS.get(name)
    return member(member.Config(**SHORT.get(name, {}), **options)).adapt(pair)


@pytest.mark.parametrize("name", SIDES)
def test_both_sides_are_given_as_the_model_reads_them(name, toys):
    pair = toys("moved", 0).pair
    found = result(name, pair).moved()
    assert isinstance(found, Moved)
    assert found.side == SIDES[name]
    width = 16 if name == "dann" else 8
    assert (found.source.shape, found.target.shape) == ((200, width), (200, width))
    assert np.isfinite(found.source).all()
    assert np.isfinite(found.target).all()


@pytest.mark.parametrize("name", [name for name, side in SIDES.items() if side == "source"])
@pytest.mark.parametrize("root", [True, False])
def test_a_target_that_is_not_moved_stays_where_it_is(name, root, toys):
    pair = toys("moved", 1).pair
    found = result(name, pair, root=root).moved()
    np.testing.assert_allclose(found.target, signed_root(pair.target.features), atol=1e-5)
    before = signed_root(pair.source.features)
    gap = found.target.mean(axis=0)
    if name != "optimal-transport":
        assert np.linalg.norm(found.source.mean(axis=0) - gap) < 0.5 * np.linalg.norm(before.mean(axis=0) - gap)


@pytest.mark.parametrize("name", HEADS_ONLY)
def test_a_method_of_the_head_moves_nothing(name, toys):
    assert result(name, toys("moved", 0).pair).moved is None


def test_a_changed_network_moves_the_target_alone(scanners):
    pair = scanners(0)[0].pair
    found = result("adabn", pair).moved()
    assert (found.side, found.source) == ("target", None)
    assert found.target.shape == pair.target.features.shape
    assert np.abs(found.target - signed_root(pair.target.features)).max() > 0.1

"""Sources weighed by likeness: the one that looks like the target is listened to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.adaptation.weighted_sources import WeightedSources, WeightedSourcesConfig


@pytest.mark.parametrize("by", ["target", "case"])
@pytest.mark.parametrize("seed", [0, 1])
def test_it_helps_where_one_site_is_like_the_target(toys, by, seed):
    toy = toys("several-sites", seed)
    done = WeightedSources(WeightedSourcesConfig(root=False, by=by)).adapt(toy.pair)
    assert done.facts["weights"]["c"] > 0.8
    assert sum(done.facts["weights"].values()) == pytest.approx(1)
    assert toy.accuracy(done.probability) > toy.accuracy(toy.pair.before) + 0.1
    assert toy.accuracy(done.probability) > 0.9


def test_by_target_every_case_has_the_same_weights(toys):
    pair = toys("several-sites", 0).pair
    done = WeightedSources(WeightedSourcesConfig(root=False)).adapt(pair)
    likeness = done.head.likeness(Bags.single(pair.target.features))
    np.testing.assert_allclose(likeness, np.tile(list(done.facts["weights"].values()), (200, 1)), atol=1e-6)


def test_a_site_of_one_class_answers_with_the_probe_of_all(toys):
    pair = toys("several-sites", 0).pair
    source = pair.source
    rows = np.flatnonzero((source.sites != "a") | (source.labels == 0))
    part = {name: getattr(source, name)[rows] for name in ("features", "labels", "groups", "sites")}
    done = WeightedSources(WeightedSourcesConfig(root=False)).adapt(replace(pair, source=replace(source, **part)))
    assert len(done.head.members) == 3
    assert np.isfinite(done.probability).all()

"""All sources as one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medgraft.transfer.adaptation.source_combine import SourceCombine, SourceCombineConfig


def test_counting_cases_is_the_sources_probe(toys):
    pair = toys("several-sites", 0).pair
    pair = replace(pair, target=replace(pair.target, features=pair.source.features[:200]))
    done = SourceCombine(SourceCombineConfig(root=False)).adapt(pair)
    assert done.facts["sites"] == {"a": 100, "b": 100, "c": 100}
    assert np.mean(done.probability.argmax(axis=1) == pair.before.argmax(axis=1)) > 0.97


def test_counting_sites_lets_a_small_one_be_heard(toys):
    """Of site c, which is right about the target, there are few cases."""
    toy = toys("several-sites", 0)
    source = toy.pair.source
    rows = np.flatnonzero((source.sites != "c") | (np.arange(300) % 5 == 0))
    few = replace(
        source,
        features=source.features[rows],
        labels=source.labels[rows],
        groups=source.groups[rows],
        sites=source.sites[rows],
    )
    pair = replace(toy.pair, source=few)
    right = [
        toy.accuracy(SourceCombine(SourceCombineConfig(root=False, alike=alike)).adapt(pair).probability)
        for alike in ("cases", "sites")
    ]
    assert right[1] >= right[0]

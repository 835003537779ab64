"""A probe that has learnt from cases as the target would have taken them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.acquisition_matching import AcquisitionMatching, AcquisitionMatchingConfig


def test_it_reads_the_target_as_well_as_the_source(blinded):
    toy = blinded(0)
    done = AcquisitionMatching(AcquisitionMatchingConfig(root=False)).adapt(toy.pair)
    assert toy.accuracy(done.probability) > toy.accuracy(toy.pair.before) + 0.1
    source = toy.pair.seen_source
    from_source = done.head.answers(bags(source.features)).argmax(axis=1)
    assert np.mean(from_source == source.labels) > 0.9
    assert done.facts["steps"] == ["gaussian-blur 3"]


def test_without_a_stand_in_it_says_what_it_needs(blinded):
    pair = replace(blinded(0).pair, stand_in=None)
    with pytest.raises(UsageError, match="needs the source's pictures"):
        AcquisitionMatching(AcquisitionMatchingConfig()).adapt(pair)


def test_a_stand_in_has_a_row_for_each_case(blinded):
    pair = blinded(0).pair
    with pytest.raises(UsageError, match="a row for each source case"):
        replace(pair, stand_in=pair.stand_in.take(np.arange(5)))


def bags(features):
    from medgraft.source.embedding.bags import Bags

    return Bags.single(features)

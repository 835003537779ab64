"""Source-only changes nothing."""

from __future__ import annotations

from medgraft.transfer.adaptation.outlines.source_only import OutlineSourceOnly, OutlineSourceOnlyConfig


def test_it_is_the_network_that_was_given(toy):
    found = OutlineSourceOnly(OutlineSourceOnlyConfig()).adapt(toy.pair)
    assert toy.dice(found.network) == toy.dice(toy.pair.network)
    assert found.history == [] and found.facts == {}

"""A backbone's facts say how many features come from where."""

from __future__ import annotations

from medgraft.source.backbones.efficientnet_lite import lite_facts


def test_pooled_is_the_rest_of_what_the_stages_give() -> None:
    facts = lite_facts("tf_efficientnet_lite0")
    assert facts.feature_dim == 1280 + 2 * (16 + 24 + 40 + 80 + 112 + 192 + 320)
    assert facts.pooled_dim == 1280
    alone = facts.pooled()
    assert (alone.readout, alone.feature_dim, alone.pooled_dim) == ((), 1280, 1280)
    assert alone.pooled() == alone

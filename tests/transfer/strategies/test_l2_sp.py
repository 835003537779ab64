"""The network is pulled back to where it started."""

from __future__ import annotations

from medgraft.transfer.strategies.l2_sp import L2Sp


def test_the_plan(planned) -> None:
    config, plan, from_probe = planned(L2Sp, {"alpha": 4.0})
    assert plan.anchor == 4.0
    assert plan.rates.weight_decay == config.weight_decay  # of the head alone: see the groups
    assert from_probe

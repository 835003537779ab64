"""The network is pulled back to where it started."""

from __future__ import annotations

from medgraft.transfer.strategies.l2_sp import L2Sp


def test_the_plan(planned) -> None:
    _, plan, from_probe = planned(L2Sp, {"alpha": 4.0})
    assert plan.anchor == 4.0
    assert plan.rates.weight_decay == 0.0  # the pull is to the start, not to zero
    assert from_probe

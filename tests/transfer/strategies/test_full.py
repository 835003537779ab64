"""The whole network learns at once, and not from the probe."""

from __future__ import annotations

from medgraft.transfer.strategies.full import Full


def test_the_plan(planned) -> None:
    _, plan, from_probe = planned(Full, {"batchnorm": "train"})
    assert (plan.learns, plan.batchnorm, plan.stage) == ("everything", "train", None)
    assert plan.rates.decay == 1.0
    assert not from_probe

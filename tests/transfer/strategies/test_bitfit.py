"""Only biases and norms learn, all at one rate."""

from __future__ import annotations

from medgraft.transfer.strategies.bitfit import BitFit
from medgraft.transfer.training.plan import Rates


def test_the_plan(planned) -> None:
    config, plan, from_probe = planned(BitFit, {"lr": 0.01})
    assert plan.learns == "bias-and-norm"
    assert plan.rates == Rates(0.01, 1.0, config.weight_decay)
    assert plan.stage is None
    assert from_probe

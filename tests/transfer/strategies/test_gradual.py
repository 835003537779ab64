"""Stages join in every few epochs."""

from __future__ import annotations

from medgraft.transfer.strategies.gradual import Gradual


def test_the_plan(planned) -> None:
    _, plan, from_probe = planned(Gradual, {"every": 3, "layer_decay": 0.5})
    assert plan.thaw_every == 3
    assert plan.rates.decay == 0.5
    assert from_probe

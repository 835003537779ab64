"""A scale and a shift for each channel learn."""

from __future__ import annotations

from medgraft.transfer.models.adapter_plan import ScaleShiftPlan
from medgraft.transfer.strategies.ssf import Ssf


def test_the_plan(planned) -> None:
    _, plan, from_probe = planned(Ssf, {"average": "wise-ft"})
    assert plan.learns == ScaleShiftPlan()
    assert plan.wise
    assert from_probe

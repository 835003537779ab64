"""Low-rank updates alone learn."""

from __future__ import annotations

from medgraft.transfer.models.adapter_plan import LowRankPlan
from medgraft.transfer.strategies.lora import Lora


def test_the_plan(planned) -> None:
    _, plan, from_probe = planned(Lora, {"rank": 3, "alpha": 6.0})
    assert plan.learns == LowRankPlan(3, 6.0, 5)  # drawn from the seed of the run
    assert from_probe

"""The family: the strategies of the first release are in the registry."""

from __future__ import annotations

from medgraft.transfer.strategies import linear_probe, lp_ft
from medgraft.transfer.strategies.strategy import STRATEGIES


def test_registered():
    assert STRATEGIES.get("linear-probe") is linear_probe.LinearProbe
    assert STRATEGIES.get("lp-ft") is lp_ft.LpFt

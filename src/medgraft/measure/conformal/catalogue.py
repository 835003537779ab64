"""All built-in conformal scores: importing this registers them."""

from __future__ import annotations

from medgraft.measure.conformal.aps import APS, RAPS
from medgraft.measure.conformal.lac import LAC
from medgraft.measure.conformal.score import CONFORMAL_SCORES, ConformalScore

__all__ = ["BUILT_IN", "CONFORMAL_SCORES"]

BUILT_IN: tuple[ConformalScore, ...] = (LAC, APS, RAPS)

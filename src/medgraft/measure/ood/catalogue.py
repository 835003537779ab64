"""All built-in detectors of strange cases: importing this registers them."""

from __future__ import annotations

from medgraft.measure.ood.detector import DETECTORS, Detector
from medgraft.measure.ood.mahalanobis import Mahalanobis
from medgraft.measure.ood.nearest import Nearest

__all__ = ["BUILT_IN", "DETECTORS"]

BUILT_IN: tuple[type[Detector], ...] = (Mahalanobis, Nearest)

"""All figures, in the order in which the report shows them: importing this file registers them."""

from __future__ import annotations

from medgraft.use.report.figures.estimates import estimates
from medgraft.use.report.figures.figure import FIGURES
from medgraft.use.report.figures.history import history
from medgraft.use.report.figures.pr import precision_recall
from medgraft.use.report.figures.reliability import reliability
from medgraft.use.report.figures.roc import roc
from medgraft.use.report.figures.score_distribution import score_distribution

__all__ = ["FIGURES", "estimates", "history", "precision_recall", "reliability", "roc", "score_distribution"]

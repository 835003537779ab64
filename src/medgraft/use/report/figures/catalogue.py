"""All figures of the report, in the order of the page: importing this file registers them.

A figure that is not in ``PAGE_ORDER`` (one that a user registered) comes last.
"""

from __future__ import annotations

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.figures.estimates import estimates
from medgraft.use.report.figures.figure import FIGURES, Figure
from medgraft.use.report.figures.history import history
from medgraft.use.report.figures.learning_curve import learning_curve
from medgraft.use.report.figures.pr import precision_recall
from medgraft.use.report.figures.reliability import reliability
from medgraft.use.report.figures.robustness import robustness
from medgraft.use.report.figures.roc import roc
from medgraft.use.report.figures.score_distribution import score_distribution

__all__ = [
    "FIGURES",
    "PAGE_ORDER",
    "drawn_figures",
    "estimates",
    "history",
    "learning_curve",
    "precision_recall",
    "reliability",
    "robustness",
    "roc",
    "score_distribution",
]

PAGE_ORDER = (
    *("roc", "pr", "reliability", "score-distribution", "estimates"),
    *("robustness", "history", "learning-curve"),
)
"""Names in ``FIGURES``."""


def drawn_figures(run: Artefacts) -> list[Figure]:
    """All figures that have something to draw for this run."""
    names = [*PAGE_ORDER, *[name for name in FIGURES if name not in PAGE_ORDER]]
    drawn = [FIGURES.get(name)(run) for name in names]
    return [figure for figure in drawn if figure is not None]

"""All metrics of classification, by name, in the order in which they are reported."""

from __future__ import annotations

from medgraft.measure.metrics.calibration import BRIER, ECE
from medgraft.measure.metrics.confusion import BALANCED_ACCURACY, F1, KAPPA, MCC
from medgraft.measure.metrics.grade_error import GRADE_ERROR
from medgraft.measure.metrics.kappa_quadratic import KAPPA_QUADRATIC
from medgraft.measure.metrics.metric import Metric
from medgraft.measure.metrics.proportions import (
    ACCURACY,
    MAJORITY_ACCURACY,
    PRECISION,
    SENSITIVITY,
    SPECIFICITY,
)
from medgraft.measure.metrics.ranks import AUPRC, AUROC
from medgraft.registry import Registry

__all__ = ["METRICS", "OF_GRADES"]

METRICS: Registry[Metric] = Registry("metric")
for _metric in (
    ACCURACY,
    BALANCED_ACCURACY,
    SENSITIVITY,
    SPECIFICITY,
    PRECISION,
    F1,
    AUROC,
    AUPRC,
    KAPPA,
    MCC,
    BRIER,
    ECE,
    MAJORITY_ACCURACY,
):
    METRICS.register(_metric.name)(_metric)

OF_GRADES: tuple[Metric, ...] = (KAPPA_QUADRATIC, GRADE_ERROR)
"""Further ones, where the classes are grades in the order of their index."""

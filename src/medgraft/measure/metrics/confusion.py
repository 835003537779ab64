"""Metrics of the confusion matrix that are no plain proportion: balanced accuracy, F1, kappa, MCC."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.metrics.metric import Metric, class_mean, ratio
from medgraft.measure.metrics.predictions import Weighted

__all__ = ["BALANCED_ACCURACY", "F1", "KAPPA", "MCC"]

Floats = NDArray[np.float64]


def _hits(weighted: Weighted) -> Floats:
    """(k, b): the diagonal, cases of each class that were called so."""
    return np.asarray(np.einsum("iib->ib", weighted.confusion))


def _balanced_accuracy(weighted: Weighted) -> Floats:
    return class_mean(weighted, ratio(_hits(weighted), weighted.support))


def _f1(weighted: Weighted) -> Floats:
    score = ratio(2 * _hits(weighted), weighted.support + weighted.confusion.sum(axis=0))
    return np.where(weighted.support > 0, score, np.nan)


def _kappa(weighted: Weighted) -> Floats:
    total, called = weighted.total, weighted.confusion.sum(axis=0)
    chance = (weighted.support * called).sum(axis=0)
    return ratio(total * _hits(weighted).sum(axis=0) - chance, total * total - chance)


def _mcc(weighted: Weighted) -> Floats:
    total, called = weighted.total, weighted.confusion.sum(axis=0)
    agreement = total * _hits(weighted).sum(axis=0) - (weighted.support * called).sum(axis=0)
    spread = (total**2 - (called**2).sum(axis=0)) * (total**2 - (weighted.support**2).sum(axis=0))
    return np.where(spread > 0, ratio(agreement, np.sqrt(np.maximum(spread, 0.0))), 0.0)


BALANCED_ACCURACY = Metric(
    name="balanced_accuracy",
    summary="mean sensitivity of the classes that have a case",
    compute=_balanced_accuracy,
    thresholded=True,
)
F1 = Metric(
    name="f1",
    summary="harmonic mean of precision and sensitivity; not defined without a case of the class",
    compute=_f1,
    per_class=True,
    thresholded=True,
)
KAPPA = Metric(
    name="kappa",
    summary="Cohen's kappa, unweighted: agreement beyond chance; not defined where chance is certain",
    compute=_kappa,
    thresholded=True,
    bounds=(-1.0, 1.0),
)
MCC = Metric(
    name="mcc",
    summary="Matthews correlation (Gorodkin's R_K for more classes); 0 where one side is constant",
    compute=_mcc,
    thresholded=True,
    bounds=(-1.0, 1.0),
)

"""How a strategy's cross-validated score grows with the number of training cases: the points of a learning curve.

In every fold the strategy is given a part of the patients that may be learnt from, and answers for the same held-out
cases whatever that part is. The parts of one draw lie in each other; draws differ in folds and in the order of
patients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.data.cohort.folds import folds_for
from medgraft.measure.metrics.predictions import Predictions
from medgraft.measure.metrics.ranks import AUROC
from medgraft.transfer.selection.trial import answers_of, part_of
from medgraft.transfer.strategies.strategy import Material, Strategy

__all__ = ["Points", "learning_points", "share_of"]

SHARES = (0.125, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Points:
    """``n`` (p,) training cases on average, whole numbers; ``score`` (p,) mean AUROC over draws; ``variance`` (p,) of
    that mean."""

    n: NDArray[np.float64]
    score: NDArray[np.float64]
    variance: NDArray[np.float64]


def share_of(material: Material, rows: NDArray[np.int64], share: float, seed: int) -> NDArray[np.int64]:
    """Those of ``rows`` that belong to the first patients of a random order, class by class, so that each class keeps
    its share of patients and at least two of them."""
    generator = np.random.default_rng(seed)
    groups, labels = material.groups[rows], material.labels[rows]
    first = np.unique(groups, return_index=True)
    kept = list[NDArray[np.int64]]()
    for label in np.unique(labels):
        patients = generator.permutation(first[0][labels[first[1]] == label])
        kept.append(patients[: max(2, round(share * len(patients)))])
    return rows[np.isin(groups, np.concatenate(kept))]


def learning_points(
    material: Material, make: Callable[[], Strategy], *, folds: int = 5, draws: int = 4
) -> Points | None:
    """AUROC (of the positive class, or macro) at the ``SHARES`` of the cases. ``make`` gives the strategy, which works
    on features and makes no cross-validation of its own. ``None`` where a class has too few patients for folds."""
    scores, sizes = np.full((draws, len(SHARES)), np.nan), np.zeros(len(SHARES))
    for draw in range(draws):
        fold = folds_for(material.labels, material.groups, folds, material.seed + 101 + draw)
        if fold is None:
            return None
        for place, share in enumerate(SHARES):
            scores[draw, place], size = _score(material, make, fold, share)
            sizes[place] += size / draws
    return Points(np.rint(sizes), scores.mean(axis=0), scores.var(axis=0, ddof=1) / draws)


def _score(
    material: Material, make: Callable[[], Strategy], fold: NDArray[np.int64], share: float
) -> tuple[float, float]:
    """The pooled out-of-fold AUROC with a share of each fold's training cases, and their mean number."""
    chances, used = np.zeros((len(fold), material.n_classes)), list[int]()
    for number in np.unique(fold):
        rows = share_of(material, np.flatnonzero(fold != number), share, material.seed + int(number))
        given = part_of(material, rows, np.zeros(len(rows), np.bool_), "learning-curve")
        held = np.flatnonzero(fold == number)
        chances[held] = answers_of(make().fit(given), material, held)
        used.append(len(rows))
    positive = material.positive if material.n_classes == 2 else None
    weighted = Predictions.of(material.labels.astype(np.intp), chances, positive=positive).unweighted()
    return float(AUROC.overall(weighted, AUROC.compute(weighted))[0]), float(np.mean(used))

"""Repeated, grouped cross-validation of a strategy on cached features: the folds run side by side."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from medgraft.data.cohort.folds import folds_for
from medgraft.transfer.strategies.strategy import Material, OutOfFold

__all__ = ["CV_LIMIT", "cross_validate"]

CV_LIMIT = 2000
"""Repeated cross-validation is for cohorts below this size."""


def cross_validate(
    material: Material,
    *,
    folds: int,
    repeats: int,
    answer: Callable[[NDArray[np.bool_]], NDArray[np.float64]],
    always: bool = False,
) -> OutOfFold | None:
    """Out-of-fold probabilities of train and validation cases together. ``answer(held)`` fits on the other cases and
    gives the probabilities (k, classes) of those held out; it is called from several threads.

    ``None`` where the cohort is large, unless it is to be done ``always``, or a class has one group only.
    """
    labels = material.labels
    drawn = [folds_for(labels, material.groups, folds, material.seed + 1 + repeat) for repeat in range(repeats)]
    found = [fold for fold in drawn if fold is not None]
    if not found or (len(labels) >= CV_LIMIT and not always):
        return None
    probability = np.zeros((len(found), len(labels), material.n_classes))
    jobs = [(repeat, fold == number) for repeat, fold in enumerate(found) for number in np.unique(fold)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        turns = zip(jobs, pool.map(answer, [held for _, held in jobs]), strict=True)
        for (repeat, held), chances in material.progress.track(turns, total=len(jobs), label="cross-validating"):
            probability[repeat, held] = chances
    return OutOfFold(probability, np.stack(found), np.arange(len(labels)))

"""How much likelier a source case would be in the target: w(x) = p_target(x) / p_source(x), by a classifier of the two.

A logistic regression of target against source on the leading principal axes of the standardised features; by Bayes'
rule w is its odds times cases of the source over cases of the target. Its strength is chosen by log-loss on held-out
cases, for an overfitted one gives weights of 0 and infinity. Weights are cut off at ``MOST`` times their mean.
Source: Bickel, Brückner & Scheffer, Discriminative Learning under Covariate Shift, JMLR 2009;10:2137-2155.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["density_ratio"]

Floats = NDArray[np.float64]
MOST_AXES, CASES_AN_AXIS = 50, 10
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
FOLDS = 5
MOST = 100.0


def density_ratio(train: Floats, target: Floats, asked: Floats, *, seed: int = 0) -> Floats:
    """(n,) weights of ``asked`` (n, d), from source cases ``train`` (s, d) that the model has learnt from and
    ``target`` (m, d). Not normalised: their mean over the source is 1 in theory, and how far it is from 1 is what
    DEV corrects by."""
    from sklearn.linear_model import LogisticRegression

    both = np.concatenate([train, target])
    is_target = np.arange(len(both)) >= len(train)
    mean, scale = both.mean(axis=0), both.std(axis=0)
    scale = np.where(scale > 1e-12 * np.maximum(1.0, np.abs(mean)), scale, np.inf)
    rows = (both - mean) / scale
    axes = _axes(rows)
    if not axes.shape[1]:
        return np.ones(len(asked))
    coordinates = rows @ axes
    unit = coordinates.std(axis=0)
    fold = np.random.default_rng(seed).permutation(len(both)) % FOLDS
    losses = []
    for strength in STRENGTHS:
        chance = np.empty(len(both))
        for number in range(FOLDS):
            held = fold == number
            model = LogisticRegression(C=strength, max_iter=1000).fit(coordinates[~held] / unit, is_target[~held])
            chance[held] = model.predict_proba(coordinates[held] / unit)[:, 1]
        right = np.clip(np.where(is_target, chance, 1 - chance), 1e-12, None)
        losses.append(float(-np.log(right).mean()))
    model = LogisticRegression(C=STRENGTHS[int(np.argmin(losses))], max_iter=1000)
    logit = model.fit(coordinates / unit, is_target).decision_function(((asked - mean) / scale) @ axes / unit)
    weights = np.exp(np.minimum(logit, 50.0)) * len(train) / len(target)
    return np.asarray(np.minimum(weights, MOST * weights.mean()))


def _axes(rows: Floats) -> Floats:
    """(d, r) leading principal axes of rows whose columns have mean 0: at most one in ten cases, and 50."""
    most = max(1, min(MOST_AXES, len(rows) // CASES_AN_AXIS))
    wide = rows.shape[1] > len(rows)
    squared, vectors = np.linalg.eigh(rows @ rows.T if wide else rows.T @ rows)
    kept = np.flatnonzero(squared > 1e-10 * max(float(squared[-1]), np.finfo(np.float64).tiny))[::-1][:most]
    return np.asarray(rows.T @ (vectors[:, kept] / np.sqrt(squared[kept])) if wide else vectors[:, kept])

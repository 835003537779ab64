"""Outliers: pictures that lie far from all others in the backbone's embedding.

Each case's distance to its k-th nearest neighbour is set against what is usual in the cohort (median and median
deviation of its logarithm). What stands out is worth a look: another view, another body part, a screenshot.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.insight.audit.check import CHECKS, Material

__all__ = ["outliers", "outlyingness"]

_NEIGHBOURS = 5
_FAR = 5.0
_MOST = 20
_CHUNK = 1024


@CHECKS.register("outliers")
def outliers(material: Material) -> dict[str, list[Any]]:
    """``outliers``: at most 20 cases, the farthest first, with how far."""
    if material.features is None:
        return {"outliers": []}
    rows = np.flatnonzero(np.isfinite(material.features).all(axis=1))
    scores = outlyingness(material.features[rows])
    cases = material.cohort.table["case_id"].astype(str).to_numpy()[rows]
    far = [int(place) for place in np.argsort(-scores, kind="stable") if scores[place] > _FAR][:_MOST]
    return {"outliers": [{"case": str(cases[place]), "score": round(float(scores[place]), 2)} for place in far]}


def outlyingness(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n,): how many robust standard deviations the log-distance to the 5th neighbour lies above the usual one."""
    if len(features) <= _NEIGHBOURS + 1:
        return np.zeros(len(features))
    spread = features.std(axis=0)
    rows = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    squared = (rows**2).sum(axis=1)
    distance = np.empty(len(rows))
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        between = squared[start : start + _CHUNK, None] + squared - 2 * (part @ rows.T)
        nearest = np.partition(between, _NEIGHBOURS, axis=1)[:, _NEIGHBOURS]  # the nearest is the case itself
        distance[start : start + _CHUNK] = np.sqrt(np.maximum(nearest, 0.0))
    logs = np.log(np.maximum(distance, 1e-9))
    middle = np.median(logs)
    usual = 1.4826 * np.median(np.abs(logs - middle))
    return np.asarray((logs - middle) / max(float(usual), 1e-3))

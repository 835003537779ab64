"""IWCV: the error on source validation cases, each weighed by how much likelier it would be in the target.

    −(1/n) Σ w(xᵢ) [ŷᵢ ≠ yᵢ]

The mean is the target's error where pictures of one kind are labelled alike at both sites (covariate shift) and the
source has all kinds; its variance grows with the weights.
Source: Sugiyama, Krauledat & Müller, Covariate Shift Adaptation by Importance Weighted Cross Validation, JMLR
2007;8:985-1005.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.unlabelled.density_ratio import density_ratio
from medgraft.measure.unlabelled.score import UNLABELLED, ModelEvidence, UnlabelledScore

__all__ = ["IWCV", "validation_weights", "weighted_score"]

Floats = NDArray[np.float64]


def validation_weights(evidence: ModelEvidence) -> Floats:
    """(n,) of the source validation cases; all 1 without features."""
    rows = evidence.train_features, evidence.target_features, evidence.source_features
    if rows[0] is None or rows[1] is None or rows[2] is None:
        return np.ones(len(evidence.answers.source))
    return density_ratio(rows[0], rows[1], rows[2], seed=evidence.seed)


def weighted_score(weights: Floats, wrong: NDArray[np.bool_]) -> float:
    """Minus the weighted error; at most 0."""
    return -float((weights * wrong).mean())


def _iwcv(evidence: ModelEvidence) -> float:
    return weighted_score(validation_weights(evidence), ~evidence.answers.correct)


IWCV = UnlabelledScore(
    name="iwcv",
    summary="minus the error on source cases, each weighed by how much likelier it would be in the target",
    needs="features",
    compute=_iwcv,
)
UNLABELLED.register(IWCV.name)(IWCV)

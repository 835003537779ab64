"""DEV: importance-weighted validation with the variance taken out that the weights bring.

    L = w [ŷ ≠ y],  η = −Cov(L, w) / Var(w),  −(mean L + η mean w − η)

The mean weight is 1 in theory; by how much it misses that in the sample tells how much the weighted error misses
(a control variate). Equal weights have no variance to take out: then it is IWCV.
Source: You, Wang, Long & Jordan, Towards Accurate Model Selection in Deep Unsupervised Domain Adaptation, ICML 2019.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.unlabelled.iwcv import validation_weights, weighted_score
from medgraft.measure.unlabelled.score import UNLABELLED, ModelEvidence, UnlabelledScore

__all__ = ["DEV", "controlled_score"]

Floats = NDArray[np.float64]


def controlled_score(weights: Floats, wrong: NDArray[np.bool_]) -> float:
    """Minus the controlled error; it may lie beyond 0 and −1, as an estimate."""
    plain = weighted_score(weights, wrong)
    if len(weights) < 2:
        return plain
    variance = float(weights.var(ddof=1))
    if not variance > 1e-12 * float((weights**2).mean()):
        return plain
    slope = -float(np.cov(weights * wrong, weights, ddof=1)[0, 1]) / variance
    return plain - slope * (float(weights.mean()) - 1.0)


def _dev(evidence: ModelEvidence) -> float:
    return controlled_score(validation_weights(evidence), ~evidence.answers.correct)


DEV = UnlabelledScore(
    name="dev",
    summary="as iwcv, with a control variate that takes out what the weights add by chance",
    needs="features",
    compute=_dev,
)
UNLABELLED.register(DEV.name)(DEV)

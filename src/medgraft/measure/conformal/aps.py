"""APS (adaptive sets): the probability of the class and of all likelier ones; RAPS adds a price for far-down ranks.

Sets are larger where the model wavers. Without the random number of the paper the guarantee holds as well; sets are
a little larger than they need be, and of few classes more than asked for is covered, because every case whose truth is
the unlikeliest class scores 1. RAPS adds 0.1 for each rank beyond the second, so that no long tail of unlikely
classes is taken in.
Source: Romano, Sesia & Candès, NeurIPS 2020 (APS); Angelopoulos et al., ICLR 2021 (RAPS).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.conformal.score import CONFORMAL_SCORES, ConformalScore, cumulated

__all__ = ["APS", "RAPS"]

Floats = NDArray[np.float64]
PRICE, FREE_RANKS = 0.1, 2


def _aps(probability: Floats) -> Floats:
    return cumulated(probability)[0]


def _raps(probability: Floats) -> Floats:
    mass, rank = cumulated(probability)
    return np.asarray(mass + PRICE * np.maximum(rank + 1 - FREE_RANKS, 0))


APS = ConformalScore(name="aps", summary="probability of the class and of all likelier ones", compute=_aps)
RAPS = ConformalScore(
    name="raps", summary="as aps, and 0.1 for each rank of the class beyond the second", compute=_raps
)
CONFORMAL_SCORES.register(APS.name)(APS)
CONFORMAL_SCORES.register(RAPS.name)(RAPS)

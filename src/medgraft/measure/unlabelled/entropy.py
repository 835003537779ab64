"""Entropy: how certain the model is of its target answers, minus the mean entropy in nats.

A model that calls everything one class with certainty has the best value there is.
Source: Morerio, Cavazza & Murino, Minimal-Entropy Correlation Alignment for Unsupervised Deep Domain Adaptation, ICLR
2018.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.unlabelled.score import UNLABELLED, ModelEvidence, UnlabelledScore

__all__ = ["ENTROPY", "entropies"]

Floats = NDArray[np.float64]


def entropies(probability: Floats) -> Floats:
    """(...) in nats of (..., k); 0 log 0 is 0."""
    logs = np.log(np.where(probability > 0, probability, 1.0))
    return np.asarray(-(probability * logs).sum(axis=-1))


def _entropy(evidence: ModelEvidence) -> float:
    """In [−log k, 0]."""
    return -float(entropies(evidence.answers.target).mean())


ENTROPY = UnlabelledScore(
    name="entropy",
    summary="minus the mean entropy of the target answers",
    needs="target answers",
    compute=_entropy,
)
UNLABELLED.register(ENTROPY.name)(ENTROPY)

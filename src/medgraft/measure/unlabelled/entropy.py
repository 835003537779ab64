"""Entropy: how certain the model is of its target answers, minus the mean entropy in nats.

A model that calls everything one class with certainty has the best value there is.
Source: Morerio, Cavazza & Murino, Minimal-Entropy Correlation Alignment for Unsupervised Deep Domain Adaptation, ICLR
2018.
"""

from __future__ import annotations

from medgraft.measure.probabilities import entropies
from medgraft.measure.unlabelled.score import UNLABELLED, ModelEvidence, UnlabelledScore

__all__ = ["ENTROPY"]


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

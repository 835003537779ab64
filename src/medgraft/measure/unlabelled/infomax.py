"""Infomax: the mutual information of target cases and answers, H(mean answer) − mean H(answer), in nats.

Certain answers count, and so does that every class is given; a collapse on one class has none. It likes classes of
equal size, which the target's need not be.
Source: Krause, Perona & Gomes, Discriminative Clustering by Regularized Information Maximization, NIPS 2010; as a
validator: Musgrave, Belongie & Lim, Three New Validators and a Large-Scale Benchmark Ranking for Unsupervised Domain
Adaptation, 2022.
"""

from __future__ import annotations

from medgraft.measure.probabilities import entropies
from medgraft.measure.unlabelled.score import UNLABELLED, ModelEvidence, UnlabelledScore

__all__ = ["INFOMAX"]


def _infomax(evidence: ModelEvidence) -> float:
    """In [0, log k]."""
    target = evidence.answers.target
    return float(entropies(target.mean(axis=0)) - entropies(target).mean())


INFOMAX = UnlabelledScore(
    name="infomax",
    summary="mutual information of target cases and answers: certain, and of every class",
    needs="target answers",
    compute=_infomax,
)
UNLABELLED.register(INFOMAX.name)(INFOMAX)

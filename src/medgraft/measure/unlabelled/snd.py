"""SND, soft neighbourhood density: whether target cases that are answered alike lie close to many others.

Answers are scaled to length 1; the similarities of a case to all others become a distribution by a softmax at
temperature 0.05, whose entropy is high where many are equally near. The score is the mean entropy, in nats.
Source: Saito, Kim, Teterwak, Sclaroff, Darrell & Saenko, Tune it the Right Way: Unsupervised Validation of Domain
Adaptation via Soft Neighborhood Density, ICCV 2021.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.probabilities import entropies
from medgraft.measure.unlabelled.score import UNLABELLED, ModelEvidence, UnlabelledScore

__all__ = ["SND"]

Floats = NDArray[np.float64]
TEMPERATURE = 0.05
BLOCK = 512


def _snd(evidence: ModelEvidence) -> float:
    """In [0, log(m − 1)]; one case alone has no neighbour: 0."""
    answers = evidence.answers.target
    if len(answers) < 2:
        return 0.0
    rows = answers / np.linalg.norm(answers, axis=1, keepdims=True)
    total = 0.0
    for start in range(0, len(rows), BLOCK):
        near = rows[start : start + BLOCK] @ rows.T / TEMPERATURE
        near[np.arange(len(near)), np.arange(start, start + len(near))] = -np.inf
        near = np.exp(near - near.max(axis=1, keepdims=True))
        total += float(entropies(near / near.sum(axis=1, keepdims=True)).sum())
    return total / len(rows)


SND = UnlabelledScore(
    name="snd",
    summary="entropy of each target case's similarities to all others: dense neighbourhoods of like answers",
    needs="target answers",
    compute=_snd,
)
UNLABELLED.register(SND.name)(SND)

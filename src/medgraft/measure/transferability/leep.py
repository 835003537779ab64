"""LEEP: how well the labels follow from what a source classifier says, with nothing trained.

The source classifier gives each case probabilities θ over its own classes z. From the cases themselves P(y | z) is
counted; the score is the mean log of Σ_z P(y | z) θ_z at the true label y, in nats. At most 0; a source that says
the same of every case gets minus the entropy of the labels.
Source: Nguyen, Hassner, Seeger & Archambeau, LEEP: A New Measure to Evaluate Transferability of Learned
Representations, ICML 2020.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.transferability.score import TRANSFERABILITY, TransferScore

__all__ = ["LEEP", "leep"]

Floats = NDArray[np.float64]


def leep(probability: Floats, codes: NDArray[np.intp]) -> float:
    """Of source ``probability`` (n, z), rows summing to 1."""
    members = np.eye(int(codes.max()) + 1)[codes]
    joint = members.T @ probability
    mass = joint.sum(axis=0)
    # A source class that no case has any of is left out: it has no share in any prediction.
    conditional = joint[:, mass > 0] / mass[mass > 0]
    predicted = (probability[:, mass > 0] * conditional[codes]).sum(axis=1)
    return float(np.log(predicted).mean())


LEEP = TransferScore(
    name="leep",
    summary="mean log likelihood of the labels given a source classifier's soft outputs",
    takes="source probabilities",
    compute=leep,
)
TRANSFERABILITY.register(LEEP.name)(LEEP)

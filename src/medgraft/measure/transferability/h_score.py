"""H-score: the spread between the classes, measured in units of the spread of all features.

    H = tr(C⁻¹ B),  C the covariance of the features, B the covariance of their class means

With few cases C is near singular and H rises with the dimension, whatever the labels. So C is shrunk towards a
sphere as Ledoit and Wolf do: H = (1 − λ) tr(((1 − λ) C + λ μ I)⁻¹ B), μ the mean variance.
Source: Bao et al., ICIP 2019; Ibrahim, Ponomareva & Mazumder, Newer is not always better: Rethinking
transferability metrics, ECML-PKDD 2022; Ledoit & Wolf, J Multivariate Analysis 2004;88:365-411.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.transferability.score import TRANSFERABILITY, TransferScore

__all__ = ["H_SCORE", "h_score", "ledoit_wolf_shrinkage"]

Floats = NDArray[np.float64]


def h_score(features: Floats, codes: NDArray[np.intp], *, shrinkage: float | None = None) -> float:
    """In [0, k − 1] for k classes. ``shrinkage`` λ in [0, 1]; by Ledoit and Wolf without one.

    λ = 0 is the plain score with the pseudo-inverse. Constant features tell nothing: 0.
    """
    if shrinkage is not None and not 0 <= shrinkage <= 1:
        raise UsageError(f"H-score: a shrinkage of {shrinkage}; give a number from 0 to 1")
    centred = features - features.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    # Rounding leaves a mean that is not quite zero, so the scale is that of the features before centring.
    floor = max(features.shape) * np.finfo(np.float64).eps * float(np.linalg.norm(features))
    kept = singular > floor
    if not kept.any():
        return 0.0
    share = ledoit_wolf_shrinkage(centred) if shrinkage is None else shrinkage
    cases, width = features.shape
    variance = singular[kept] ** 2 / cases
    shrunk = (1 - share) * variance + share * variance.sum() / width
    # Class means in the basis of the right singular vectors, where the shrunk covariance is diagonal.
    members = np.eye(int(codes.max()) + 1)[codes]
    sizes = members.sum(axis=0)
    means = (members.T @ left[:, kept]) * singular[kept] / sizes[:, None]
    between = (sizes[:, None] / cases * means**2).sum(axis=0)
    return float((1 - share) * (between / shrunk).sum())


def ledoit_wolf_shrinkage(centred: Floats) -> float:
    """λ in [0, 1] for features (n, d) whose column means are zero. One feature is a sphere already: 0."""
    cases, width = centred.shape
    if width == 1:
        return 0.0
    # The smaller of the two products has the same squared norm.
    product = centred @ centred.T if cases < width else centred.T @ centred
    squares = float((product**2).sum()) / cases**2
    trace = float((centred**2).sum()) / cases
    distance = squares - trace**2 / width
    fourth = float(((centred**2).sum(axis=1) ** 2).sum()) / cases
    noise = max(0.0, (fourth - squares) / cases)
    return 1.0 if distance <= noise else noise / distance


H_SCORE = TransferScore(
    name="h-score",
    summary="spread between the class means over the spread of the features, its covariance shrunk (Ledoit-Wolf)",
    takes="features",
    compute=h_score,
)
TRANSFERABILITY.register(H_SCORE.name)(H_SCORE)

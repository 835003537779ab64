"""LogME: how well a Bayesian linear model on the features explains the labels.

Each class against the rest is a target y (n,) in {0, 1} with the model y ~ N(F w, 1/β), w ~ N(0, 1/α). The score
is the log evidence at the best (α, β), a case, averaged over the classes. No mean is taken off, as in the paper.
Source: You, Liu, Wang & Long, LogME: Practical Assessment of Pre-trained Models for Transfer Learning, ICML 2021;
fixed point: MacKay, Neural Computation 1992;4:415-447.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.transferability.score import TRANSFERABILITY, TransferScore

__all__ = ["LOGME", "logme"]

Floats = NDArray[np.float64]
STARTS = 33
"""Ratios α/β that are tried first, over the spectrum and twelve powers of ten beyond each of its ends."""
STEPS = 200
TOLERANCE = 1e-12
"""Change of log(α/β) at which the fixed point is reached."""


def logme(features: Floats, codes: NDArray[np.intp]) -> float:
    """The mean over classes of the highest log evidence a case.

    In the basis of the left singular vectors the evidence depends on α/β alone once β is at its best, so that no
    matrix is inverted. The iteration begins at the best of a few ratios: the evidence may have two peaks.
    """
    left, singular, _ = np.linalg.svd(features, full_matrices=False)
    kept = singular > singular.max() * max(features.shape) * np.finfo(np.float64).eps
    spectrum = singular[kept] ** 2
    cases = len(features)
    evidence = []
    for code in range(int(codes.max()) + 1):
        target = (codes == code).astype(np.float64)
        seen = (left[:, kept].T @ target) ** 2
        unseen = max(0.0, float(target @ target - seen.sum()))
        evidence.append(_highest(spectrum, seen, unseen, cases) / cases)
    return float(np.mean(evidence))


def _highest(spectrum: Floats, seen: Floats, unseen: float, cases: int) -> float:
    """The log evidence at its peak over α/β."""
    ends = (spectrum.min(), spectrum.max()) if len(spectrum) else (1.0, 1.0)
    ratios = np.geomspace(ends[0] * 1e-12, ends[1] * 1e12, STARTS)
    values = [_log_evidence(ratio, spectrum, seen, unseen, cases) for ratio in ratios]
    best, ratio = max(values), float(ratios[int(np.argmax(values))])
    for _ in range(STEPS):
        following = _step(ratio, spectrum, seen, unseen, cases)
        if not ratios[0] <= following <= ratios[-1]:
            break  # towards no signal at all, or none but signal: the end of the range is that limit
        best = max(best, _log_evidence(following, spectrum, seen, unseen, cases))
        if abs(np.log(following / ratio)) < TOLERANCE:
            break
        ratio = following
    return best


def _step(ratio: float, spectrum: Floats, seen: Floats, unseen: float, cases: int) -> float:
    """α/β from MacKay's updates α = γ / |m|², β = (n − γ) / |F m − y|², with the posterior mean m at ``ratio``."""
    used = float((spectrum / (spectrum + ratio)).sum())
    length = float((spectrum * seen / (spectrum + ratio) ** 2).sum())
    residual = unseen + float((seen * (ratio / (spectrum + ratio)) ** 2).sum())
    if length <= 0 or cases <= used:
        return np.inf if length <= 0 else 0.0
    return used * residual / (length * (cases - used))


def _log_evidence(ratio: float, spectrum: Floats, seen: Floats, unseen: float, cases: int) -> float:
    """Log density of the target, whose covariance is (I + F Fᵀ / ratio) / β, at the best β."""
    square = unseen + float((seen * ratio / (spectrum + ratio)).sum())
    spread = float(np.log1p(spectrum / ratio).sum())
    return -0.5 * (cases * (math.log(2 * math.pi * square / cases) + 1) + spread)


LOGME = TransferScore(
    name="logme",
    summary="log evidence a case of a Bayesian linear model on the features, mean over classes against the rest",
    takes="features",
    compute=logme,
)
TRANSFERABILITY.register(LOGME.name)(LOGME)

"""The share of each class in the target, without its labels: by two ways that rest on the same assumption.

*Label shift*: pictures of one class look alike at both sites, only the mixture of classes differs. Then
- BBSE solves the equations between what a model answers for the classes of the source, E[p | y], and what it answers
  for the target, E[p] (Lipton, Wang & Smola, Detecting and Correcting for Label Shift with Black Box Predictors, ICML
  2018; with probabilities in place of calls);
- EM finds the shares under which the target's answers are likeliest (Saerens, Latinne & Decaestecker, Neural
  Computation 2002;14:21-41), the better one where probabilities are honest (see ``recalibration``).

Both give an answer where pictures differ too, and then it is worth nothing: ``residual`` tests that. Intervals draw the
patients of both sides with replacement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from medgraft.measure.shift.answers import Answers
from medgraft.measure.shift.recalibration import recalibrated

__all__ = ["LabelShift", "Shares", "bbse_shares", "em_shares", "estimate_label_shift"]

Floats = NDArray[np.float64]
REPLICATES = 200
LEVEL = 0.05
_STEPS, _TOLERANCE = 2000, 1e-7
_SINGULAR = 1e-6


@dataclass(frozen=True)
class Shares:
    """``value`` (k,), a share for each class that sum to 1, with 95 % intervals."""

    value: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, value: Floats, drawn: Floats) -> Shares:
        """From the shares and their replicates (k, b); the interval holds the value."""
        low, high = np.quantile(drawn, [LEVEL / 2, 1 - LEVEL / 2], axis=1)
        return cls(value, np.minimum(low, value), np.maximum(high, value))


@dataclass(frozen=True)
class LabelShift:
    """``source`` (k,): shares among the source's labels; ``em`` and ``bbse`` of the target; ``drawn`` (k, b):
    replicates of ``em``. ``p_value``: of equal shares, the smallest over the classes times their number less one."""

    source: Floats
    em: Shares
    bbse: Shares
    drawn: Floats
    p_value: float

    @property
    def differs(self) -> bool:
        """Whether the share of some class is another one, at 5 % for all classes together."""
        return self.p_value <= LEVEL


def estimate_label_shift(answers: Answers, *, replicates: int = REPLICATES, seed: int = 0) -> LabelShift:
    """Of recalibrated answers. A class without a case in the source cannot be found in the target: its share is 0."""
    honest = recalibrated(answers)
    first, second = honest.resampled(replicates, seed)
    once = np.ones((len(first), 1)), np.ones((len(second), 1))
    source = _source_shares(honest, once[0])[:, 0]
    drawn = em_shares(honest, first, second)
    em = em_shares(honest, *once)[:, 0]
    spread = (drawn - _source_shares(honest, first)).std(axis=1)
    return LabelShift(
        source=source,
        em=Shares.of(em, drawn),
        bbse=Shares.of(bbse_shares(honest, *once)[:, 0], bbse_shares(honest, first, second)),
        drawn=drawn,
        p_value=_equal_shares(honest, em - source, source, spread),
    )


def _equal_shares(answers: Answers, gap: Floats, source: Floats, spread: Floats) -> float:
    """By the normal distribution. The spread of a gap (k,) is the bootstrap's, and no less than that of two samples of
    patients whose classes were known: near a share of 0 the bootstrap sees none."""
    units = 1 / answers.source_patients.count + 1 / answers.target_patients.count
    least = np.sqrt(source * (1 - source) * units)
    error = np.maximum(spread, least)
    distance = np.divide(np.abs(gap), error, out=np.zeros_like(gap), where=error > 0)
    return float(min(1.0, 2 * ndtr(-distance.max()) * max(1, answers.classes - 1)))


def em_shares(answers: Answers, source_weights: Floats, target_weights: Floats) -> Floats:
    """(k, b) for each column of case weights (n, b) and (m, b); the probabilities are taken to be honest."""
    prior = _source_shares(answers, source_weights)
    inverse = np.divide(1.0, prior, out=np.zeros_like(prior), where=prior > 0)
    total, shares = target_weights.sum(axis=0), prior.copy()
    for _ in range(_STEPS):
        likely = answers.target @ (shares * inverse)
        ratio = np.divide(target_weights, likely, out=np.zeros_like(likely), where=likely > 0)
        following = shares * inverse * (answers.target.T @ ratio) / total
        following /= following.sum(axis=0)
        moved = float(np.abs(following - shares).max())
        shares = following
        if moved < _TOLERANCE:
            break
    return np.asarray(shares)


def bbse_shares(answers: Answers, source_weights: Floats, target_weights: Floats) -> Floats:
    """(k, b) for each column of case weights (n, b) and (m, b); negative solutions are cut off at 0.

    Where the model cannot tell classes apart the equations are singular, and the solution nearest to 0 is taken.
    """
    prior = _source_shares(answers, source_weights)
    classes, hot = answers.classes, np.eye(answers.classes)[answers.labels]
    products = (answers.source[:, :, None] * hot[:, None, :]).reshape(len(hot), -1)
    joint = (source_weights.T @ products).reshape(-1, classes, classes) / source_weights.sum(axis=0)[:, None, None]
    answered = (answers.target.T @ target_weights) / target_weights.sum(axis=0)
    weights = (np.linalg.pinv(joint, rcond=_SINGULAR) @ answered.T[:, :, None])[:, :, 0].T
    found = np.maximum(weights * prior, 0.0)
    mass = found.sum(axis=0)
    return np.asarray(np.where(mass > 0, found / np.where(mass > 0, mass, 1.0), prior))


def _source_shares(answers: Answers, weights: Floats) -> Floats:
    """(k, b) of the labels under case weights (n, b)."""
    hot = np.eye(answers.classes)[answers.labels]
    return np.asarray((hot.T @ weights) / weights.sum(axis=0))

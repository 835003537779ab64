"""The classifier two-sample test: can it be learnt to tell on which side a case lies? On patients not seen, by AUROC.

A linear classifier of the side (ridge regression of ±1 on the standardised features, which is Fisher's discriminant
with a shrunk covariance) answers for patients of other folds. Its held-out scores are linear in the sides, so that one
matrix, made once, gives the scores of every exchange of patients as if each had been trained and tested anew. Folds
and matrix do not know the sides: the permutation test is exact.

    proxy A-distance = 2 (1 − 2 error), error the mean of the two sides' error rates; 0: alike, 2: told without fail

Source: Lopez-Paz & Oquab, Revisiting Classifier Two-Sample Tests, ICLR 2017; Ben-David, Blitzer, Crammer & Pereira,
Analysis of Representations for Domain Adaptation, NIPS 2007.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from medgraft.measure.shift.permutation import allocations, p_value
from medgraft.measure.shift.sides import Sides

__all__ = ["ClassifierTest", "classifier_statistics", "classifier_test", "held_out_operator", "told_apart"]

Floats = NDArray[np.float64]
FOLDS, REPEATS = 5, 3
STRENGTH = 0.1
"""Ridge, as a part of the mean variance along the principal axes of the training cases."""
DRAWS = 999
_FOLDING = 2
"""Name of the stream of random numbers."""


@dataclass(frozen=True)
class ClassifierTest:
    """``auroc`` of the held-out scores, ``p_value`` by exchange of patients, ``error`` in [0, 1] at a cut that the
    case's own patient has no part in, ``proxy_a_distance`` in [0, 2]. ``scores`` (n + m,): the higher, the more a case
    looks like the target's."""

    auroc: float
    p_value: float
    error: float
    proxy_a_distance: float
    scores: Floats


def classifier_test(sides: Sides, *, draws: int = DRAWS, seed: int = 0) -> ClassifierTest:
    """Of the standardised features."""
    operator = held_out_operator(sides, seed=seed)
    targets = allocations(sides.patient_is_target, draws, seed)
    return told_apart(sides, operator @ _signs(targets[:, 0]), classifier_statistics(sides, operator, targets))


def told_apart(sides: Sides, scores: Floats, statistic: Floats) -> ClassifierTest:
    """From the observed scores (n + m,) and the AUROC of every allocation, the observed one first."""
    error = _balanced_error(sides, scores)
    distance = float(np.clip(2 * (1 - 2 * error), 0.0, 2.0))
    return ClassifierTest(float(statistic[0]), p_value(statistic), error, distance, scores)


def held_out_operator(sides: Sides, *, repeats: int = REPEATS, seed: int = 0) -> Floats:
    """(n + m, patients): held-out scores of all cases = operator @ the patients' signs (+1 target, −1 source).

    The mean over ``repeats`` of folds, drawn without regard to the sides.
    """
    random, codes = np.random.default_rng((_FOLDING, seed)), sides.patients.codes
    folds = min(FOLDS, sides.patients.count)
    members = np.zeros((len(codes), sides.patients.count))
    members[np.arange(len(codes)), codes] = 1.0
    total = np.zeros_like(members)
    for _ in range(repeats):
        fold = (random.permutation(sides.patients.count) % folds)[codes]
        for number in range(folds):
            held = fold == number
            total[held] += _answers(sides.gram, ~held, held) @ members[~held]
    return np.asarray(total / repeats)


def _answers(gram: Floats, seen: NDArray[np.bool_], held: NDArray[np.bool_]) -> Floats:
    """(held, seen): scores of the held-out cases as a linear function of the sides of the seen ones. No intercept:
    scores are measured from the centre of the seen cases, so that folds of uneven sides do not move them."""
    inner = gram[np.ix_(seen, seen)]
    means = inner.mean(axis=0)
    centred = inner - means - means[:, None] + means.mean()
    spread = float(np.trace(centred)) / len(centred)
    centred[np.diag_indices_from(centred)] += max(STRENGTH * spread, np.finfo(np.float64).tiny)
    outer = gram[np.ix_(held, seen)] - means
    outer -= outer.mean(axis=1, keepdims=True)
    return np.asarray(cho_solve(cho_factor(centred, lower=True), outer.T).T)


def _signs(targets: Floats) -> Floats:
    return 2.0 * targets - 1.0


def classifier_statistics(sides: Sides, operator: Floats, targets: Floats) -> Floats:
    """(b,) AUROC of the held-out scores for each allocation of patients to the target, ``targets`` (patients, b)."""
    scores, member = operator @ _signs(targets), targets[sides.patients.codes] > 0.5
    return np.array([_auroc(column, inside) for column, inside in zip(scores.T, member.T, strict=True)])


def _auroc(scores: Floats, inside: NDArray[np.bool_]) -> float:
    """Share of (target, source) pairs in the right order, a tie counts one half."""
    upper, lower = np.sort(scores[inside]), np.sort(scores[~inside])
    halves = np.searchsorted(lower, upper, "left") + np.searchsorted(lower, upper, "right")
    return float(halves.sum() / (2 * len(upper) * len(lower)))


def _balanced_error(sides: Sides, scores: Floats) -> float:
    """Mean error of the two sides, cut midway between the sides' mean scores without those of the case's patient."""
    codes, member = sides.patients.codes, sides.is_target
    sums, sizes = sides.patients.sums(scores)[codes], sides.patients.sums(np.ones(len(scores)))[codes]
    centres = []
    for side in (member, ~member):
        own = np.where(side, sums, 0.0), np.where(side, sizes, 0.0)
        centres.append((scores[side].sum() - own[0]) / (side.sum() - own[1]))
    called = scores >= (centres[0] + centres[1]) / 2
    return float(np.mean([(~called[member]).mean(), called[~member].mean()]))

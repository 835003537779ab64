"""One answer about a target cohort: is it different from the source, in what, does it matter, and how is that known.

``shifted`` is one decision at 5 %: the MMD and the classifier two-sample test on the same exchanges of patients, joined
by their smaller p-value (exact, see ``permutation``). Of two halves of one cohort, patients apart, 5 in 100 are called
different. ``kind`` then says in what:

    none      no difference beyond chance
    labels    another mixture of classes, which explains all of it (label shift)
    pictures  pictures differ, whatever the mixture; the shares that are estimated then mean little
    unknown   different, and labels are not known, or cases too few or a model too weak to tell which of the two it is
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.shift.answers import Answers
from medgraft.measure.shift.aspects import Aspect, compare_aspects
from medgraft.measure.shift.classifier_test import (
    ClassifierTest,
    classifier_statistics,
    held_out_operator,
    told_apart,
)
from medgraft.measure.shift.expected_accuracy import ExpectedAccuracy, expected_accuracy
from medgraft.measure.shift.frechet import frechet_distance
from medgraft.measure.shift.label_shift import LabelShift, estimate_label_shift
from medgraft.measure.shift.mmd import Mmd, mixture_kernel, mmd_statistics
from medgraft.measure.shift.permutation import allocations, joint_p_value, p_value
from medgraft.measure.shift.residual import likely_mixtures, residual_p_value
from medgraft.measure.shift.sides import Sides

__all__ = ["Assessment", "Evidence", "Kind", "assess"]

Kind = Literal["none", "labels", "pictures", "unknown"]
LEVEL = 0.05
DRAWS = 999
MOST_CASES = 1000
"""Of each side, drawn at random by patient where there are more: the tests need the square of it."""
MOST_DIFFERING = 24
_DRAWING, _HALVING = 5, 6
"""Names of the streams of random numbers."""


@dataclass(frozen=True)
class Evidence:
    """``sides``: features. ``answers``: of a model for the same cases in the same order (``None``: there is no model),
    probabilities as the model gives them; ``tilted``: the same moved so that the most probable class is the one that is
    called, where a cut decides (``None``: as they are). ``aspects`` (n + m,): plain numbers of the pictures by name."""

    sides: Sides
    answers: Answers | None = None
    tilted: Answers | None = None
    aspects: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Assessment:
    """``differing``: indices of target cases (0 … m − 1) that look least like the source, the farthest first, each with
    its held-out score.

    ``frechet`` stands beside ``frechet_within``, that of two halves of the source. ``residual_p_value``: what speaks
    against another mixture of classes being all; ``None`` where that was not asked or cannot be told. ``n`` and ``m``:
    cases of either side that the tests looked at.
    """

    shifted: bool
    p_value: float
    kind: Kind
    mmd: Mmd
    classifier: ClassifierTest
    frechet: float
    frechet_within: float
    label_shift: LabelShift | None
    residual_p_value: float | None
    expected_accuracy: ExpectedAccuracy | None
    aspects: tuple[Aspect, ...]
    differing: tuple[tuple[int, float], ...]
    n: int
    m: int


def assess(evidence: Evidence, *, draws: int = DRAWS, seed: int = 0) -> Assessment:
    """See the module. Raises ``UsageError`` where answers and features are of other cases."""
    _require_same_cases(evidence)
    whole = evidence.sides
    rows = whole.drawn(MOST_CASES, np.random.default_rng((_DRAWING, seed)))
    sides = whole.take(rows)
    targets = allocations(sides.patient_is_target, draws, seed)
    operator = held_out_operator(sides, seed=seed)
    by_kernel = mmd_statistics(sides, mixture_kernel(sides.gram), targets)
    by_classifier = classifier_statistics(sides, operator, targets)
    joint = joint_p_value(by_kernel, by_classifier)
    classifier = told_apart(sides, operator @ (2.0 * targets[:, 0] - 1.0), by_classifier)
    labels, residual = _of_labels(evidence, sides, rows, joint <= LEVEL, seed)
    scores = classifier.scores[sides.is_target]
    places = rows[sides.is_target] - int((~whole.is_target).sum())
    farthest = np.argsort(-scores, kind="stable")[:MOST_DIFFERING]
    known = evidence.tilted or evidence.answers
    return Assessment(
        shifted=joint <= LEVEL,
        p_value=joint,
        kind=_kind(joint <= LEVEL, labels, residual),
        mmd=Mmd(float(by_kernel[0]), p_value(by_kernel)),
        classifier=classifier,
        frechet=_frechet(sides.standardised, sides.is_target),
        frechet_within=_within_source(sides, seed),
        label_shift=labels,
        residual_p_value=residual,
        expected_accuracy=None if known is None else expected_accuracy(known, seed=seed),
        aspects=compare_aspects(evidence.aspects, whole.is_target, whole.patients),
        differing=tuple((int(places[row]), float(scores[row])) for row in farthest),
        n=int((~sides.is_target).sum()),
        m=int(sides.is_target.sum()),
    )


def _require_same_cases(evidence: Evidence) -> None:
    target = int(evidence.sides.is_target.sum())
    cases = len(evidence.sides.is_target) - target, target
    for answers in (evidence.answers, evidence.tilted):
        if answers is not None and (len(answers.source), len(answers.target)) != cases:
            raise UsageError(
                f"assessing a shift: answers for {len(answers.source)} and {len(answers.target)} cases, features of "
                f"{cases[0]} and {cases[1]}; give both for the same cases in the same order"
            )


def _of_labels(
    evidence: Evidence, sides: Sides, rows: NDArray[np.intp], shifted: bool, seed: int
) -> tuple[LabelShift | None, float | None]:
    """The shares of classes, and what speaks against their being the whole difference."""
    if evidence.answers is None:
        return None, None
    found = estimate_label_shift(evidence.answers, seed=seed)
    if not shifted:
        return found, None
    labels = evidence.answers.labels[rows[~sides.is_target]]
    return found, residual_p_value(sides, labels, likely_mixtures(found, seed), seed=seed)


def _kind(shifted: bool, labels: LabelShift | None, residual: float | None) -> Kind:
    if not shifted:
        return "none"
    if labels is None or residual is None:
        return "unknown"
    if residual <= LEVEL:
        return "pictures"
    return "labels" if labels.differs else "unknown"


def _frechet(rows: NDArray[np.float64], second: NDArray[np.bool_]) -> float:
    """Of standardised features (n, d) of two groups, for each feature."""
    return frechet_distance(rows[~second], rows[second]) / float(rows.shape[1])


def _within_source(sides: Sides, seed: int) -> float:
    """Of two random halves of the source's patients, in the same units."""
    own = np.flatnonzero(~sides.patient_is_target)
    half = np.random.default_rng((_HALVING, seed)).permutation(own)[: len(own) // 2]
    second = np.isin(sides.patients.codes, half)[~sides.is_target]
    return _frechet(sides.standardised[~sides.is_target], second)

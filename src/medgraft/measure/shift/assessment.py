"""One answer about a target cohort: is it different from the source, in what, does it matter, and how is that known.

``shifted`` is one decision at 5 %: the MMD and the classifier two-sample test on the same exchanges of patients, joined
by their smaller p-value (exact, see ``permutation``). Another mixture of classes may be too little for them to see and
plain in a model's answers, so where there are answers the estimated mixture is a third test, and the 5 % are shared:
four parts for the features, one for the mixture (Bonferroni with weights). Of two halves of one cohort, patients apart,
about 5 in 100 are called different. ``kind`` then says in what:

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

__all__ = ["Assessment", "Evidence", "Kind", "assess", "looked_at"]

Kind = Literal["none", "labels", "pictures", "unknown"]
LEVEL = 0.05
DRAWS = 999
MOST_CASES = 1000
"""Of each side, drawn at random by patient where there are more: the tests need the square of it."""
OF_FEATURES = 0.8
"""Share of the level that the features have where the mixture of classes has the rest."""
MOST_DIFFERING = 24
ANOTHER_KIND = 0.95
"""AUROC of telling the sides apart above which they hardly overlap."""
PART = 0.1
"""Two opinions on the accuracy that lie farther apart do not agree."""
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

    @property
    def overlaps(self) -> bool:
        """Whether pictures of the two sides are of one kind, as far as a classifier can tell. Where they are not, a
        model can be sure and wrong, and nothing that looks at its answers will notice."""
        return self.kind in ("none", "labels") or self.classifier.auroc < ANOTHER_KIND

    @property
    def accuracy_trusted(self) -> bool:
        """Whether the expected accuracy is worth believing: the sides overlap and the two opinions agree."""
        found = self.expected_accuracy
        return found is not None and self.overlaps and abs(found.atc.value - found.doc.value) <= PART


def assess(evidence: Evidence, *, draws: int = DRAWS, seed: int = 0) -> Assessment:
    """See the module. Raises ``UsageError`` where answers and features are of other cases."""
    _require_same_cases(evidence)
    whole = evidence.sides
    rows = looked_at(whole, seed)
    sides = whole.take(rows)
    targets = allocations(sides.patient_is_target, draws, seed)
    operator = held_out_operator(sides, seed=seed)
    by_kernel = mmd_statistics(sides, mixture_kernel(sides.gram), targets)
    by_classifier = classifier_statistics(sides, operator, targets)
    joint = joint_p_value(by_kernel, by_classifier)
    classifier = told_apart(sides, operator @ (2.0 * targets[:, 0] - 1.0), by_classifier)
    labels = None if evidence.answers is None else estimate_label_shift(evidence.answers, seed=seed)
    p = _decisive(joint, labels)
    residual = _residual(evidence, labels, sides, rows, seed) if p <= LEVEL else None
    scores = classifier.scores[sides.is_target]
    places = rows[sides.is_target] - int((~whole.is_target).sum())
    farthest = np.argsort(-scores, kind="stable")[:MOST_DIFFERING]
    known = evidence.tilted or evidence.answers
    return Assessment(
        shifted=p <= LEVEL,
        p_value=p,
        kind=_kind(p <= LEVEL, labels, residual),
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


def looked_at(sides: Sides, seed: int) -> NDArray[np.intp]:
    """Rows of the cases that the tests look at: all, or ``MOST_CASES`` of a side."""
    return sides.drawn(MOST_CASES, np.random.default_rng((_DRAWING, seed)))


def _require_same_cases(evidence: Evidence) -> None:
    target = int(evidence.sides.is_target.sum())
    cases = len(evidence.sides.is_target) - target, target
    for answers in (evidence.answers, evidence.tilted):
        if answers is not None and (len(answers.source), len(answers.target)) != cases:
            raise UsageError(
                f"assessing a shift: answers for {len(answers.source)} and {len(answers.target)} cases, features of "
                f"{cases[0]} and {cases[1]}; give both for the same cases in the same order"
            )


def _decisive(of_features: float, labels: LabelShift | None) -> float:
    """The p-value of the one decision."""
    if labels is None:
        return of_features
    return min(1.0, of_features / OF_FEATURES, labels.p_value / (1 - OF_FEATURES))


def _residual(
    evidence: Evidence, labels: LabelShift | None, sides: Sides, rows: NDArray[np.intp], seed: int
) -> float | None:
    """What speaks against another mixture of classes being the whole difference."""
    if labels is None or evidence.answers is None:
        return None
    truth = evidence.answers.labels[rows[~sides.is_target]]
    return residual_p_value(sides, truth, likely_mixtures(labels, seed), seed=seed)


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

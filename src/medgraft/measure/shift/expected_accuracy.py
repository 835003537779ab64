"""The accuracy to expect on a target cohort without its labels, by two opinions that read how certain the model is.

- ATC, average-thresholded confidence: a certainty is chosen above which as many source cases lie as are answered
  rightly; the share of target cases above it is the estimate. Certainty is the negative entropy of the answer.
  Garg, Balakrishnan, Lipton, Neyshabur & Sedghi, Leveraging Unlabeled Data to Predict Out-of-Distribution Performance,
  ICLR 2022.
- DoC, difference of confidences: the accuracy on the source less what the mean top probability lost on the target.
  Guillory, Shankar, Ebrahimi, Darrell & Schmidt, Predicting with Confidence on Unseen Distributions, ICCV 2021.

Both trust that a model which errs more is less certain. Where it is sure and wrong, as on pictures of another kind
altogether, both are too high: where they part, trust neither. Intervals draw the patients of both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.bootstrap import percentile_interval
from medgraft.measure.patients import Patients
from medgraft.measure.probabilities import entropies
from medgraft.measure.shift.answers import Answers

__all__ = ["ExpectedAccuracy", "expected_accuracy"]

Floats = NDArray[np.float64]
REPLICATES = 500


@dataclass(frozen=True)
class ExpectedAccuracy:
    """``source``: what was measured there; ``atc`` and ``doc``: what is expected of the target; ``drop`` = ``source`` −
    ``atc``, whose interval tells whether it matters beyond chance."""

    source: Estimate
    atc: Estimate
    doc: Estimate
    drop: Estimate


def expected_accuracy(answers: Answers, *, replicates: int = REPLICATES, seed: int = 0) -> ExpectedAccuracy:
    """Of the most probable class, with 95 % intervals."""
    first, second = answers.resampled(replicates, seed)
    first = np.hstack([np.ones((len(first), 1)), first])
    second = np.hstack([np.ones((len(second), 1)), second])
    right = answers.correct.astype(np.float64)
    measured = (right @ first) / first.sum(axis=0)
    atc = _thresholded(answers, first, second)
    tops = [answers.source.max(axis=1) @ first / first.sum(axis=0)]
    tops += [answers.target.max(axis=1) @ second / second.sum(axis=0)]
    doc = np.clip(measured - (tops[0] - tops[1]), 0.0, 1.0)
    here, there = answers.source_patients, answers.target_patients
    return ExpectedAccuracy(
        source=_estimate(measured, here),
        atc=_estimate(atc, there),
        doc=_estimate(doc, there),
        drop=_estimate(measured - atc, there),
    )


def _certainty(probability: Floats) -> Floats:
    """(n,) negative entropy in nats: 0 is certain. Rounded, so that equal answers are equal."""
    return np.asarray(np.round(-entropies(probability), 12))


def _thresholded(answers: Answers, first: Floats, second: Floats) -> Floats:
    """(b,) for case weights (n, b) and (m, b): the share of the target above the certainty above which the source has
    its share of right answers.

    Cases that are exactly as certain as that count in part, as many as the source needs: a target that is the source
    gets the source's accuracy.
    """
    values, place = np.unique(_certainty(answers.source), return_inverse=True)
    certain, errs, found = _certainty(answers.target), ~answers.correct, list[float]()
    for one, other in zip(first.T, second.T, strict=True):
        mass = np.bincount(place, weights=one, minlength=len(values))
        wrong, reached = float(one[errs].sum()), np.cumsum(mass)
        cut = min(int(np.searchsorted(reached, wrong, "right")), len(values) - 1)
        kept = (reached[cut] - wrong) / mass[cut] if mass[cut] > 0 else 0.0
        share = (certain > values[cut]) @ other + kept * ((certain == values[cut]) @ other)
        found.append(float(np.clip(share / other.sum(), 0.0, 1.0)))
    return np.array(found)


def _estimate(values: Floats, patients: Patients) -> Estimate:
    """The first of ``values`` (1 + b,), with the interval of the others."""
    low, high = percentile_interval(values[1:], float(values[0]))
    return Estimate(float(values[0]), low, high, len(patients.codes), patients.count if patients.known else None)

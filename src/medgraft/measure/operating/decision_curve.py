"""Decision curve: is it better to act on the model than to treat everybody, or nobody?

    net benefit(t) = share of true calls − share of false calls · t / (1 − t)

t is the probability from which one would act: who acts from 10 % holds a missed case for nine times as bad as a
needless treatment. Scores must be probabilities. Everybody treated: π − (1 − π) t / (1 − t); nobody: 0. Intervals are
a bootstrap over patients, the same draws for all, so that the gain over the better of the two is paired.
Source: Vickers & Elkin, Medical Decision Making 2006;26:565-574; Vickers et al., BMC Med Inform Decis Mak 2008;8:53.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.measure.intervals.bootstrap import case_weights, percentile_interval
from medgraft.measure.metrics.metric import ratio
from medgraft.measure.operating.cases import Cases, checked_prevalence

__all__ = ["DecisionCurve", "NetBenefit", "decision_curve"]

Floats = NDArray[np.float64]
THRESHOLDS = np.arange(1, 100) / 100


@dataclass(frozen=True)
class NetBenefit:
    """``value`` with its pointwise 95 % interval, (m,) each, in true calls a case."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class DecisionCurve:
    """At each of ``thresholds`` (m,): the net benefit of the ``model``, of treating all, and the ``gain`` of the model
    over the better of treating all and none. ``prevalence``: that of the cases, or what was given."""

    thresholds: Floats
    model: NetBenefit
    treat_all: NetBenefit
    gain: NetBenefit
    prevalence: float

    @property
    def useful(self) -> NDArray[np.bool_]:
        """(m,): the model is surely better than both; pointwise, so that one in twenty is chance."""
        return self.gain.low > 0


def decision_curve(
    cases: Cases,
    *,
    thresholds: NDArray[Any] | None = None,
    prevalence: float | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> DecisionCurve:
    """Of probabilities, at 1 % to 99 % unless other ``thresholds`` are given; at another ``prevalence`` the rates of
    the cases are kept. Raises ``UsageError`` for scores that are no probabilities, or thresholds outside (0, 1)."""
    grid = THRESHOLDS if thresholds is None else np.asarray(thresholds, dtype=np.float64)
    inside = grid.ndim == 1 and grid.size > 0 and bool(((grid > 0) & (grid < 1)).all())
    if not inside or cases.score.min() < 0 or cases.score.max() > 1:
        raise UsageError(
            f"drawing a decision curve: {grid.size} thresholds, scores from {cases.score.min():.3g} to "
            f"{cases.score.max():.3g}; thresholds above 0 and below 1 and probabilities are needed"
        )
    share = None if prevalence is None else checked_prevalence(prevalence)
    single = _benefits(cases, np.ones((len(cases.truth), 1)), grid, share)
    blocks = [_benefits(cases, weights, grid, share) for weights in case_weights(cases.patients, replicates, seed)]
    model, treat_all, gain = (
        _curve(value[:, 0], np.concatenate([block[place] for block in blocks], axis=1))
        for place, value in enumerate(single)
    )
    return DecisionCurve(grid, model, treat_all, gain, cases.prevalence if share is None else share)


def _benefits(cases: Cases, weights: Floats, grid: Floats, share: float | None) -> tuple[Floats, Floats, Floats]:
    """(m, b) of the model, of treating all, and of the first over the better of the second and none."""
    called, odds = cases.score >= grid[:, None], (grid / (1 - grid))[:, None]
    positive, negative = cases.truth.astype(np.float64) @ weights, (~cases.truth).astype(np.float64) @ weights
    hits, alarms = (
        (called & cases.truth).astype(np.float64) @ weights,
        (called & ~cases.truth).astype(np.float64) @ weights,
    )
    if share is None:
        total = positive + negative
        model = hits / total - alarms / total * odds
        everybody = positive / total - negative / total * odds
    else:
        model = share * ratio(hits, positive) - (1 - share) * ratio(alarms, negative) * odds
        everybody = np.broadcast_to(share - (1 - share) * odds, model.shape)
    return model, everybody, model - np.maximum(everybody, 0.0)


def _curve(value: Floats, drawn: Floats) -> NetBenefit:
    """With percentiles of the replicates (m, b)."""
    limits = [percentile_interval(row, float(one)) for row, one in zip(drawn, value, strict=True)]
    return NetBenefit(value, np.array([low for low, _ in limits]), np.array([high for _, high in limits]))

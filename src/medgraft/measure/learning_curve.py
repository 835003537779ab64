"""What more labels would bring: an inverse power law through scores at several numbers of training cases.

    score(n) = c − a n^(−b),   a ≥ 0, b in [0.05, 2], c at most ``ceiling``

for a score that is higher when better; of a loss give 1 − loss. Fitted by weighted least squares: for each b the best
(a, c) within their bounds is exact, and b is searched. The interval is a parametric bootstrap: scores are drawn
around the fitted curve with their variances, and the curve is fitted again. Beyond the largest n the interval holds
only as far as the power law does.
Source: Figueroa et al., BMC Medical Informatics and Decision Making 2012;12:8; Golub & Pereyra, SIAM J Numerical
Analysis 1973;10:413-432 (separable least squares).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.intervals.bootstrap import percentile_interval

__all__ = ["Advice", "CurvePoint", "LearningCurve", "fit_learning_curve", "labels_or_model"]

Floats = NDArray[np.float64]
EXPONENTS = np.geomspace(0.05, 2.0, 60)
NARROWINGS = 45
FEWEST_SIZES = 3
SMALLEST_VARIANCE = 1e-8
"""A score that came out the same in every draw still moves by 0.0001."""


@dataclass(frozen=True)
class CurvePoint:
    """``score`` expected at ``n`` training cases, with its 95 % interval."""

    n: float
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """score(n) = ``c`` − ``a`` n^(−``b``); ``largest`` n seen; ``drawn`` (draws, 3): a, b, c of each replicate.

    ``misfit``: weighted squared residual a degree of freedom, about 1 where the law and the variances fit; NaN for
    three sizes. Where it is above 1 the interval was widened by its root.
    """

    a: float
    b: float
    c: float
    largest: float
    misfit: float
    drawn: Floats

    def at(self, n: float) -> CurvePoint:
        """The curve at ``n`` > 0 training cases."""
        value = float(_law(np.array([self.a, self.b, self.c]), n))
        return CurvePoint(n, value, *percentile_interval(_law(self.drawn, n), value))

    def gain(self, n: float, more: float) -> CurvePoint:
        """What the score gains from ``n`` to ``more`` cases; the interval is of the gain itself."""
        parameters = np.array([self.a, self.b, self.c])
        value = float(_law(parameters, more) - _law(parameters, n))
        return CurvePoint(more, value, *percentile_interval(_law(self.drawn, more) - _law(self.drawn, n), value))

    def extrapolated(self) -> tuple[CurvePoint, CurvePoint]:
        """At twice and four times the largest n."""
        return self.at(2 * self.largest), self.at(4 * self.largest)


@dataclass(frozen=True)
class Advice:
    """Label more cases, or work on the model: ``gain`` of doubling the labels, its 95 % interval, and in ``words``."""

    answer: Literal["labels", "model", "unclear"]
    n: float
    gain: float
    low: float
    high: float
    words: str


def fit_learning_curve(
    n: NDArray[Any],
    score: NDArray[Any],
    variance: NDArray[Any],
    *,
    ceiling: float = 1.0,
    draws: int = 1000,
    seed: int = 0,
) -> LearningCurve:
    """Through ``score`` (p,) at ``n`` (p,) training cases, with the ``variance`` (p,) of each score.

    The variance is that over draws of the training cases; what the test cases add is common to all sizes. Raises
    ``UsageError`` where the three do not fit together, ``DataError`` for fewer than three different sizes.
    """
    sizes, scores, spread = (np.asarray(values, np.float64) for values in (n, score, variance))
    shapes = {sizes.shape, scores.shape, spread.shape}
    finite = all(np.isfinite(values).all() for values in (sizes, scores, spread))
    if len(shapes) > 1 or sizes.ndim != 1 or not finite or (sizes <= 0).any() or (spread < 0).any():
        raise UsageError(
            f"fitting a learning curve: n {sizes.shape}, scores {scores.shape}, variances {spread.shape}; give finite "
            "numbers (p,) each, n above 0, variances not negative"
        )
    if len(np.unique(sizes)) < FEWEST_SIZES or (scores > ceiling).any():
        raise DataError(
            f"fitting a learning curve: {len(np.unique(sizes))} different numbers of cases, scores up to "
            f"{scores.max(initial=-np.inf):.3g}; need {FEWEST_SIZES} numbers or more and scores up to {ceiling:g}"
        )
    spread = np.maximum(spread, SMALLEST_VARIANCE)
    found = _fit(sizes, scores[None], 1 / spread, ceiling)
    fitted = _law(found, sizes[:, None])[:, 0]
    freedom = len(sizes) - 3
    misfit = float(((scores - fitted) ** 2 / spread).sum()) / freedom if freedom else np.nan
    widened = np.sqrt(spread * (misfit if misfit > 1 else 1.0))
    random = np.random.default_rng(seed)
    drawn = fitted + widened * random.standard_normal((draws, len(sizes)))
    a, b, c = (float(value) for value in found[0])
    return LearningCurve(a, b, c, float(sizes.max()), misfit, _fit(sizes, drawn, 1 / spread, ceiling))


def labels_or_model(curve: LearningCurve, *, worthwhile: float = 0.01) -> Advice:
    """Whether twice the labels are expected to raise the score by ``worthwhile`` or more.

    ``labels``: the whole interval of the gain says so; ``model``: none of it does; else ``unclear``.
    """
    n = curve.largest
    gain = curve.gain(n, 2 * n)
    expected = (
        f"Doubling the labels from {n:g} to {2 * n:g} cases is expected to raise the score by {gain.score:.3f} "
        f"(95 % interval {gain.low:.3f} to {gain.high:.3f})"
    )
    answer: Literal["labels", "model", "unclear"]
    if gain.low >= worthwhile:
        answer, then = "labels", f"that is worth {worthwhile:g} or more: label more cases"
    elif gain.high < worthwhile:
        answer, then = "model", f"that is less than {worthwhile:g}: try another source or strategy"
    else:
        answer, then = "unclear", f"that may be more or less than {worthwhile:g}: more sizes or repeats would tell"
    return Advice(answer, n, gain.score, gain.low, gain.high, f"{expected}; {then}.")


def _law(parameters: Floats, n: float | Floats) -> Floats:
    """c − a n^(−b) of ``parameters`` (..., 3)."""
    return np.asarray(parameters[..., 2] - parameters[..., 0] * np.power(n, -parameters[..., 1]))


def _fit(sizes: Floats, scores: Floats, weights: Floats, ceiling: float) -> Floats:
    """(r, 3) a, b, c of each row of ``scores`` (r, p)."""
    middle = float(np.exp(np.log(sizes).mean()))
    steps = np.log(sizes / middle)

    def solve(exponents: Floats) -> tuple[Floats, Floats, Floats]:
        return _bounded_line(np.exp(-exponents[..., None] * steps), scores, weights, ceiling)

    losses = np.stack([solve(np.full(len(scores), exponent))[2] for exponent in EXPONENTS])
    best = losses.argmin(axis=0)
    low = np.log(EXPONENTS[np.maximum(best - 1, 0)])
    high = np.log(EXPONENTS[np.minimum(best + 1, len(EXPONENTS) - 1)])
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(NARROWINGS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        lower = solve(np.exp(left))[2] <= solve(np.exp(right))[2]
        low, high = np.where(lower, low, left), np.where(lower, right, high)
    exponents = np.exp((low + high) / 2)
    slope, limit, _ = solve(exponents)
    return np.stack([slope * middle**exponents, exponents, limit], axis=1)


def _bounded_line(x: Floats, y: Floats, weights: Floats, ceiling: float) -> tuple[Floats, Floats, Floats]:
    """(slope, limit, loss), (r,) each, of y ≈ limit − slope x with slope ≥ 0 and limit ≤ ceiling; x, y (r, p).

    The problem is convex with two bounds: its answer is inside them, or on one of the two edges.
    """
    share = weights / weights.sum()
    mean_x, mean_y = (share * x).sum(axis=-1), (share * y).sum(axis=-1)
    apart = x - mean_x[:, None]
    free = -(share * apart * y).sum(axis=-1) / (share * apart**2).sum(axis=-1)
    inside = (free >= 0) & (mean_y + free * mean_x <= ceiling)
    flat = np.minimum(mean_y, ceiling)
    capped = np.maximum((share * x * (ceiling - y)).sum(axis=-1) / (share * x**2).sum(axis=-1), 0.0)

    slopes = np.stack([np.where(inside, free, 0.0), np.zeros_like(flat), capped])
    limits = np.stack([np.where(inside, mean_y + free * mean_x, flat), flat, np.full_like(flat, ceiling)])
    losses = (weights * (y - limits[..., None] + slopes[..., None] * x) ** 2).sum(axis=-1)
    best, row = losses.argmin(axis=0), np.arange(len(y))
    return slopes[best, row], limits[best, row], losses[best, row]

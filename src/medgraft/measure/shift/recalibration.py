"""Bias-corrected temperature scaling: probabilities made honest on the source before they count the target's classes.

    p′ ∝ exp(a log p + b)      one a > 0 for all classes, one b a class, by log-loss on source cases not learnt from

The b make the mean probability of each class equal its share among the labels, without which an estimate of the
target's shares finds a difference where there is none.
Source: Alexandari, Kundaje & Shrikumar, Maximum Likelihood with Bias-Corrected Calibration is Hard-To-Beat at Label
Shift Adaptation, ICML 2020.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from medgraft.measure.shift.answers import Answers

__all__ = ["Recalibration", "recalibrated"]

Floats = NDArray[np.float64]
_LEAST = 1e-12
_SLOPE, _BIAS = (0.05, 20.0), (-20.0, 20.0)
"""Where a model is never wrong, log-loss would make it ever more certain."""
_RIDGE = 1e-6
"""On the biases, whose sum nothing else settles."""


@dataclass(frozen=True)
class Recalibration:
    """``slope`` a and ``bias`` b (k,)."""

    slope: float
    bias: Floats

    @classmethod
    def of(cls, probability: Floats, labels: NDArray[np.intp]) -> Recalibration:
        """Fitted to ``probability`` (n, k) and class indices (n,)."""
        logs = np.log(np.maximum(probability, _LEAST))
        hot = np.eye(logs.shape[1])[labels]

        def loss(parameters: Floats) -> tuple[float, Floats]:
            slope, bias = parameters[0], parameters[1:]
            scores = slope * logs + bias
            scores = scores - scores.max(axis=1, keepdims=True)
            chances = np.exp(scores)
            total = chances.sum(axis=1, keepdims=True)
            step = (chances / total - hot) / len(logs)
            value = float((np.log(total[:, 0]) - (scores * hot).sum(axis=1)).mean() + _RIDGE * bias @ bias)
            return value, np.concatenate([[float((step * logs).sum())], step.sum(axis=0) + 2 * _RIDGE * bias])

        start = np.concatenate([[1.0], np.zeros(logs.shape[1])])
        limits = [_SLOPE, *[_BIAS] * logs.shape[1]]
        options = {"maxiter": 500, "ftol": 1e-12, "gtol": 1e-9}
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=limits, options=options)
        return cls(float(found.x[0]), np.asarray(found.x[1:]))

    def __call__(self, probability: Floats) -> Floats:
        """(m, k) of other cases."""
        scores = self.slope * np.log(np.maximum(probability, _LEAST)) + self.bias
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def recalibrated(answers: Answers) -> Answers:
    """The same cases with probabilities that are honest on the source."""
    rule = Recalibration.of(answers.source, answers.labels)
    return replace(answers, source=rule(answers.source), target=rule(answers.target))

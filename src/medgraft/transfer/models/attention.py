"""Attention over the slices of a volume, from the evidence itself, and how it is learnt.

Each slice i has evidence ``e = w · x`` for a class; the volume's evidence is ``Σ aᵢ eᵢ`` with ``a = softmax(s e)``
over its slices: slices that speak for the class are listened to, and how much is the weight that is shown. One vector
a class serves to find and to judge, so that a hundred labelled volumes are enough; ``s``, the sharpness, leads
from the mean (0) towards the maximum. A case of one slice is the plain linear head.

Source: Ilse et al. 2018, Attention-based Deep Multiple Instance Learning (attention over instances); Keeler et al. 1991
and Zhu et al. 2017 for evidence that is its own attention.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from medgraft.source.embedding.bags import Bags

__all__ = ["AttentionPath", "attended"]

Array = NDArray[np.float64]


def attended(evidence: Array, starts: NDArray[np.int64], sharpness: float) -> tuple[Array, Array]:
    """The evidence of each case (n, k) and the weight of each slice (m, k), summing to one over the slices of a case,
    from that of the slices (m, k). Case ``i`` has the slices ``starts[i]`` to ``starts[i + 1]``, at least one."""
    sizes, firsts = np.diff(starts), starts[:-1]
    scores = sharpness * evidence
    weights = np.exp(scores - np.repeat(np.maximum.reduceat(scores, firsts), sizes, axis=0))
    weights /= np.repeat(np.add.reduceat(weights, firsts), sizes, axis=0)
    return np.add.reduceat(weights * evidence, firsts), weights


class AttentionPath:
    """Minimises ``0.5 ‖W‖² + C Σ wᵢ lossᵢ`` (log-loss of cases, intercepts free) along a path of strengths C.

    ``bags`` hold the slices of each case (m, r), ``labels`` (n,) are class indices, ``weights`` (n,) what a case
    counts. Two classes have one output, the evidence for ``positive``; more have one each. The loss has one minimum
    only at small C; from there the path follows it.
    """

    def __init__(
        self,
        bags: Bags,
        labels: NDArray[np.int64],
        n_classes: int,
        *,
        weights: Array,
        sharpness: float,
        positive: int = 1,
    ) -> None:
        self._rows, self._starts, self._owners = bags.rows, bags.starts, bags.owners
        self._sharpness = sharpness
        self._outputs = [positive] if n_classes == 2 else list(range(n_classes))
        self._hot = np.eye(n_classes)[labels]
        self._weights = weights

    def solve(self, strengths: Sequence[float], *, tolerance: float = 1e-6) -> Iterator[tuple[float, Array]]:
        """Yield (C, parameters (classes, r + 1), intercept last) for each strength, the smallest first."""
        classes, columns = self._hot.shape[1], self._rows.shape[1] + 1
        current = np.zeros(len(self._outputs) * columns)
        for strength in strengths:
            options = {"maxiter": 300, "ftol": tolerance, "gtol": 1e-8}
            current = minimize(
                self._objective, current, args=(strength,), jac=True, method="L-BFGS-B", options=options
            ).x
            parameters = np.zeros((classes, columns))
            parameters[self._outputs] = current.reshape(-1, columns)
            yield strength, parameters

    def _objective(self, flat: Array, strength: float) -> tuple[float, Array]:
        parameters = flat.reshape(len(self._outputs), -1)
        evidence = (self._rows @ parameters[:, :-1].T.astype(self._rows.dtype)).astype(np.float64)
        pooled, attention = attended(evidence, self._starts, self._sharpness)
        logits = np.zeros_like(self._hot)
        logits[:, self._outputs] = pooled + parameters[:, -1]
        top = logits.max(axis=1, keepdims=True)
        chances = np.exp(logits - top)
        total = chances.sum(axis=1, keepdims=True)
        loss = (top + np.log(total))[:, 0] - (logits * self._hot).sum(axis=1)
        slope = (strength * self._weights)[:, None] * (chances / total - self._hot)[:, self._outputs]
        # d pooled / d evidence = a (1 + s (e − pooled))
        inner = attention * (1.0 + self._sharpness * (evidence - pooled[self._owners])) * slope[self._owners]
        gradient = np.empty_like(parameters)
        gradient[:, :-1] = inner.T.astype(self._rows.dtype) @ self._rows + parameters[:, :-1]
        gradient[:, -1] = slope.sum(axis=0)
        penalty = 0.5 * float(np.vdot(parameters[:, :-1], parameters[:, :-1]))
        return penalty + strength * float(self._weights @ loss), gradient.ravel()

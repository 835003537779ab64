"""Heads whose evidence has a slope in closed form: linear ones, alone or with other odds. No torch.

The same as ``log_odds`` says by a gradient (tested).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from medgraft.transfer.models.heads.head import Head, softmax
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.heads.shifted import ShiftedHead
from medgraft.transfer.models.root import ROOT_EPSILON

__all__ = ["LinearOdds", "has_closed_form"]


def has_closed_form(head: Head) -> bool:
    """Whether the head is one of these."""
    inner = head.inner if isinstance(head, ShiftedHead) else head
    return isinstance(inner, LinearHead) and inner.kind in ("linear", "sigmoid")


class LinearOdds:
    """Evidence of features (n, d), one row a case, and how it changes with them. ``head``: one of those above."""

    def __init__(self, head: Head) -> None:
        inner = head.inner if isinstance(head, ShiftedHead) else head
        if not (isinstance(inner, LinearHead) and has_closed_form(head)):
            raise TypeError(f"a head of kind {head.kind!r} has no slope in closed form")
        self._head, self._shift = inner, head.shift if isinstance(head, ShiftedHead) else 0.0
        self._rivals = inner.kind == "linear"

    def evidence(self, features: NDArray[np.float32], target: int) -> NDArray[np.float64]:
        """(n,) log-odds of a class or label."""
        scores = self._scores(features)
        if not self._rivals:
            return scores[:, target]
        return np.asarray(scores[:, target] - logsumexp(np.delete(scores, target, axis=1), axis=1))

    def slopes(self, features: NDArray[np.float32], target: int) -> NDArray[np.float64]:
        """(n, d)."""
        weight = self._head.weight.astype(np.float64)
        by_feature = np.broadcast_to(weight[target], features.shape).astype(np.float64)
        if self._rivals:
            share = softmax(np.delete(self._scores(features), target, axis=1))
            by_feature = by_feature - share @ np.delete(weight, target, axis=0)
        if self._head.rooted:
            by_feature = by_feature / (2 * np.sqrt(np.abs(features.astype(np.float64)) + ROOT_EPSILON))
            by_feature[features == 0] = 0.0  # as the sign is there, in PyTorch too
        return by_feature

    def _scores(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(self._head.logits(features) + self._shift)

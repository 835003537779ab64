"""Heads once more, for a gradient: features to log-odds, as operations on tensors.

The heads of bundles answer in numpy. These say the same of a tensor (tested against them), so that what is explained is
the bundle's own answer. A head without a gradient (trees, a gallery of neighbours) is not among them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from medgraft.transfer.models.heads.head import Head
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.heads.shifted import ShiftedHead
from medgraft.transfer.models.root import ROOT_EPSILON

__all__ = ["has_gradient", "log_odds"]


def has_gradient(head: Head) -> bool:
    """Whether the head is one of these."""
    return has_gradient(head.inner) if isinstance(head, ShiftedHead) else head.kind in _SCORES


def log_odds(head: Head, features: Tensor) -> Tensor:
    """``log p / (1 − p)`` of each class or label, (n, classes) in double precision, for features (n, d), one row a
    case."""
    scores = _scores(head, features.double())
    if head.kind == "sigmoid":
        return scores  # each label is a question of its own
    columns = range(scores.shape[1])
    against = [scores[:, [other for other in columns if other != column]].logsumexp(dim=1) for column in columns]
    return scores - torch.stack(against, dim=1)


def _scores(head: Head, rows: Tensor) -> Tensor:
    """(n, classes) whose softmax, or logistic function, is the answer."""
    if isinstance(head, ShiftedHead):
        return _scores(head.inner, rows) + _like(rows, head.shift)
    return _SCORES[head.kind](head, rows)


def _like(rows: Tensor, values: Any) -> Tensor:
    return torch.as_tensor(np.array(values, dtype=np.float64), device=rows.device)


def _rooted(head: Any, rows: Tensor) -> Tensor:
    """See ``models.root.signed_root``."""
    if not head.rooted:
        return rows
    return rows.sign() * ((rows.abs() + ROOT_EPSILON).sqrt() - math.sqrt(ROOT_EPSILON))


def _linear(head: Any, rows: Tensor) -> Tensor:
    return _rooted(head, rows) @ _like(rows, head.weight).T + _like(rows, head.bias)


def _grades(head: Any, rows: Tensor) -> Tensor:
    """Logarithms of the chances: of all steps passed, and then the one that is not."""
    steps = _linear(head, rows)
    passed = functional.logsigmoid(steps).cumsum(dim=1)
    start, end = steps.new_zeros((len(steps), 1)), functional.logsigmoid(-steps)
    return torch.cat([torch.cat([start, passed[:, :-1]], dim=1) + end, passed[:, -1:]], dim=1)


def _mlp(head: Any, rows: Tensor) -> Tensor:
    standard = (_rooted(head, rows) - _like(rows, head.mean)) / _like(rows, head.scale)
    hidden = (standard @ _like(rows, head.hidden_weight).T + _like(rows, head.hidden_bias)).relu()
    return hidden @ _like(rows, head.weight).T + _like(rows, head.bias)


def _fourier(head: Any, rows: Tensor) -> Tensor:
    standard = (_rooted(head, rows) - _like(rows, head.mean)) / _like(rows, head.scale)
    angles = standard @ _like(rows, head.axes).T @ _like(rows, head.frequencies).T + _like(rows, head.phases)
    return math.sqrt(2 / len(head.phases)) * angles.cos() @ _like(rows, head.weight).T + _like(rows, head.bias)


def _per_site(head: Any, rows: Tensor) -> Tensor:
    origin = _linear(head.origin, rows).log_softmax(dim=1)
    members = torch.stack([_member(member, rows).log_softmax(dim=1) for member in head.members], dim=1)
    return (origin[:, :, None] + members).logsumexp(dim=1)


def _member(head: LinearHead, rows: Tensor) -> Tensor:
    return _scores(head, rows)


_SCORES: Mapping[str, Callable[[Any, Tensor], Tensor]] = {
    "linear": _linear,
    "sigmoid": _linear,
    "grades": _grades,
    "mlp": _mlp,
    "fourier": _fourier,
    "per-site": _per_site,
}

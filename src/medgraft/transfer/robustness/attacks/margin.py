"""How far the right class is ahead, in logits: the loss of attacks that must not be blinded by a very sure model.

Where the right class has nearly all of the probability, the log-loss is flat to machine precision and its gradient is
zero; these two are not, and the second does not depend on the scale of the logits.
"""

from __future__ import annotations

import torch
from torch import Tensor

from medgraft.errors import UsageError

__all__ = ["dlr_loss", "margin"]

_TINY = 1e-12


def margin(logits: Tensor, labels: Tensor) -> Tensor:
    """(N,) ``z_y − max_{i ≠ y} z_i`` of logits (N, classes ≥ 2): above 0 where the answer is right."""
    right = logits.gather(1, labels[:, None])
    others = logits.scatter(1, labels[:, None], -torch.inf)
    return right[:, 0] - others.max(dim=1).values


def dlr_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """(N,) difference of logits ratio: minus the margin over ``z_1 − z_3``, the largest logit less the third largest.

    In [-1, 0] where the answer is right. It needs three classes: of two there is no third logit, and any scale of their
    margin would be as good as another. Source: Croce & Hein 2020.
    """
    if logits.shape[1] < 3:
        raise UsageError(f"the DLR loss of {logits.shape[1]} classes: it needs three or more; use the log-loss")
    top = logits.topk(3, dim=1).values
    return -margin(logits, labels) / (top[:, 0] - top[:, 2] + _TINY)

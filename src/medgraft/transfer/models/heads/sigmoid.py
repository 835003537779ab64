"""The head of several labels a case: one linear score and one independent chance a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medgraft.transfer.models.heads.head import HEADS
from medgraft.transfer.models.heads.linear import LinearHead

__all__ = ["SigmoidHead"]


@HEADS.register("sigmoid")
@dataclass(frozen=True)
class SigmoidHead(LinearHead):
    """``1 / (1 + exp(−(features @ weight.T + bias)))``: the chance of yes for each label, which need not sum to one.
    All rows of a case count alike."""

    kind: ClassVar[str] = "sigmoid"

    def probabilities(self, features: NDArray[Any]) -> NDArray[np.float64]:
        """(n, labels)."""
        return np.asarray(expit(self.logits(features)))

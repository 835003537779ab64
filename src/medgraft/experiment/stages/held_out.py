"""Cases that the model has not learnt from, with what it says of them: what calibrator, sets and cuts are made of.

Out-of-fold predictions where the strategy gives them (all of train and validation, by models of the folds; each repeat
is a further answer to the same case), else the validation part. Never test cases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medgraft.transfer.models.heads.head import Head
from medgraft.transfer.strategies.strategy import Material, OutOfFold

__all__ = ["HeldOut"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HeldOut:
    """``truth`` (n,) class indices, or (n, labels) of 1, 0 and -1; ``probability`` (repeats, n, k); ``groups`` (n,)
    patients; ``origin``: cv or val."""

    origin: str
    truth: NDArray[np.int64]
    probability: Floats
    groups: NDArray[np.int64]

    @classmethod
    def of(cls, material: Material, head: Head, out_of_fold: OutOfFold | None) -> HeldOut | None:
        """``None`` where every case was learnt from."""
        if out_of_fold is not None:
            rows = out_of_fold.rows
            return cls("cv", material.labels[rows], out_of_fold.probability, material.groups[rows])
        return cls.validation(material, head)

    @classmethod
    def validation(cls, material: Material, head: Head) -> HeldOut | None:
        """Of the validation part alone; ``None`` where there is none."""
        if not material.is_val.any():
            return None
        said = head.answers(material.bags.take(material.is_val))
        return cls("val", material.labels[material.is_val], said[None], material.groups[material.is_val])

    def stacked(self) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
        """Truth, probability and groups, one row an answer: the repeats one after the other."""
        repeats = len(self.probability)
        truth = np.concatenate([self.truth] * repeats)
        return truth, np.concatenate(list(self.probability)), np.concatenate([self.groups] * repeats)

    def question(self, label: int) -> HeldOut:
        """Of one of several labels: no (0) and yes (1), the cases in which it is known."""
        known = self.truth[:, label] >= 0
        yes = self.probability[:, known, label]
        return HeldOut(self.origin, self.truth[known, label], np.stack([1 - yes, yes], axis=-1), self.groups[known])

    def answered(self, stacked: Floats) -> HeldOut:
        """With other probabilities (repeats · n, k), in the order of ``stacked``."""
        return replace(self, probability=stacked.reshape(self.probability.shape))

    def mean(self) -> Floats:
        """(n, k): one answer a case."""
        return np.asarray(self.probability.mean(axis=0))

"""Label-shift correction: the target has the same pictures of each class, in other shares, so the answers are weighed
by these shares.

EM finds the shares from the source model's answers: they are the mean of the answers that they correct. It holds where
the answers are calibrated and only the shares differ; of pictures that look different the shares are wrong, too.

Source: Saerens, Latinne & Decaestecker 2002, Adjusting the Outputs of a Classifier to New a Priori Probabilities.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, Adapted, Need, Pair, TargetCases
from medgraft.transfer.models.heads.shifted import ShiftedHead

__all__ = ["LabelShift", "LabelShiftConfig", "em_prior"]

Array = NDArray[np.float64]

_ITERATIONS, _TOLERANCE = 5000, 1e-9
_TINY = 1e-12
_LEAST = 1e-4
"""A share is not taken to be smaller: a class that seems to be missing can still be told of a case."""


class LabelShiftConfig(BaseModel):
    """No options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["label-shift"] = "label-shift"


def em_prior(probability: Array, prior: Array, target: TargetCases | None = None) -> Array:
    """The target's class shares (classes,), from ``probability`` (m, classes) of a model whose training cases had the
    shares ``prior``; labelled cases of ``target`` count as what they are."""
    chances, share = np.maximum(probability, _TINY), prior.copy()
    known = np.zeros(0, np.int64) if target is None else target.known
    hot = np.eye(len(prior))[np.zeros(0, np.int64) if target is None or target.labels is None else target.labels[known]]
    for _ in range(_ITERATIONS):
        belongs = chances * (share / prior)
        belongs /= belongs.sum(axis=1, keepdims=True)
        belongs[known] = hot
        fresh = belongs.mean(axis=0)
        moved, share = float(np.abs(fresh - share).max()), fresh
        if moved < _TOLERANCE:
            break
    return share


@ADAPTATIONS.register("label-shift")
class LabelShift:
    """The source's answers, weighed by the target's class shares."""

    name: ClassVar[str] = "label-shift"
    paper: ClassVar[str] = (
        "Saerens, Latinne & Decaestecker 2002, Adjusting the Outputs of a Classifier to New a Priori Probabilities"
    )
    needs: ClassVar[frozenset[Need]] = frozenset()
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = False
    cost: ClassVar[str] = "none"
    Config: ClassVar[type[BaseModel]] = LabelShiftConfig

    def __init__(self, config: LabelShiftConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        prior = pair.source_prior
        share = em_prior(pair.before, prior, pair.target)
        bounded = np.maximum(share, _LEAST)
        head = ShiftedHead(pair.head, np.log(bounded / bounded.sum()) - np.log(prior))
        facts = {"source_prior": prior.tolist(), "target_prior": share.tolist()}
        return Adapted.on_features(
            head, pair, history=[{"class": c, **_row(prior, share, c)} for c in range(len(share))], facts=facts
        )


def _row(prior: Array, share: Array, number: int) -> dict[str, float]:
    return {"source": float(prior[number]), "target": float(share[number])}

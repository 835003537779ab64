"""MCD: two classifiers look for target cases on which they can disagree, and the features learn to leave them none.

In its one-step form: a reversed gradient in place of alternating steps.

Source: Saito, Watanabe, Ushiku & Harada 2018, Maximum Classifier Discrepancy for Unsupervised Domain Adaptation.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, Adapted, Need, Pair
from medgraft.transfer.adaptation.deep import DeepConfig, PullWeight, adapt_deep

__all__ = ["Mcd", "McdConfig"]


class McdConfig(DeepConfig):
    """Options of MCD."""

    kind: Literal["mcd"] = "mcd"
    weight: PullWeight = 0.3


@ADAPTATIONS.register("mcd")
class Mcd:
    """Two classifiers find nothing to disagree on."""

    name: ClassVar[str] = "mcd"
    paper: ClassVar[str] = (
        "Saito, Watanabe, Ushiku & Harada 2018, Maximum Classifier Discrepancy for Unsupervised Domain Adaptation"
    )
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: some hundred steps of a small network on features"
    Config: ClassVar[type[BaseModel]] = McdConfig

    def __init__(self, config: McdConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See ``adapt_deep``."""
        return adapt_deep(self.name, self.config, pair)

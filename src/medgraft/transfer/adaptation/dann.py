"""DANN: a network learns features from which an adversary cannot tell the site.

The adversary learns to tell sites apart, and the features learn the opposite by a reversed gradient, whose strength
grows from 0 to 1 over the training. Under label shift it makes features alike that should not be.

Source: Ganin et al. 2016, Domain-Adversarial Training of Neural Networks.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, Adapted, Need, Pair
from medgraft.transfer.adaptation.deep import DeepConfig, PullWeight, adapt_deep

__all__ = ["Dann", "DannConfig"]


class DannConfig(DeepConfig):
    """Options of DANN."""

    kind: Literal["dann"] = "dann"
    weight: PullWeight = 1.0


@ADAPTATIONS.register("dann")
class Dann:
    """An adversary cannot tell the sites apart."""

    name: ClassVar[str] = "dann"
    paper: ClassVar[str] = "Ganin et al. 2016, Domain-Adversarial Training of Neural Networks"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: some hundred steps of a small network on features"
    Config: ClassVar[type[BaseModel]] = DannConfig

    def __init__(self, config: DannConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See ``adapt_deep``."""
        return adapt_deep(self.name, self.config, pair)

"""DANN with several sources: an adversary cannot tell which of all sites, the target among them, a case is of.

Sources: Ganin et al. 2016, Domain-Adversarial Training of Neural Networks; Zhao et al. 2018, Adversarial Multiple
Source Domain Adaptation (which has an adversary a source).
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, Adapted, Need, Pair
from medgraft.transfer.adaptation.deep import DeepConfig, PullWeight, adapt_deep

__all__ = ["DannMulti", "DannMultiConfig"]


class DannMultiConfig(DeepConfig):
    """Options of DANN with several sources."""

    kind: Literal["dann-multi"] = "dann-multi"
    weight: PullWeight = 1.0


@ADAPTATIONS.register("dann-multi")
class DannMulti:
    """An adversary cannot tell all the sites apart."""

    name: ClassVar[str] = "dann-multi"
    paper: ClassVar[str] = (
        "Zhao et al. 2018, Adversarial Multiple Source Domain Adaptation (its idea, one adversary of all sites)"
    )
    needs: ClassVar[frozenset[Need]] = frozenset({"source features", "source sites"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: some hundred steps of a small network on features"
    Config: ClassVar[type[BaseModel]] = DannMultiConfig

    def __init__(self, config: DannMultiConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See ``adapt_deep``."""
        return adapt_deep(self.name, self.config, pair, sites=pair.seen_sites)

"""CDAN+E: a network learns features from which, together with its answers, an adversary cannot tell the site.

Cases of which the answer is sure count more.

Source: Long, Cao, Wang & Jordan 2018, Conditional Adversarial Domain Adaptation.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, Adapted, Need, Pair
from medgraft.transfer.adaptation.deep import DeepConfig, PullWeight, adapt_deep

__all__ = ["Cdan", "CdanConfig"]


class CdanConfig(DeepConfig):
    """Options of CDAN+E."""

    kind: Literal["cdan"] = "cdan"
    weight: PullWeight = 1.0


@ADAPTATIONS.register("cdan")
class Cdan:
    """An adversary that knows the answers cannot tell the sites apart."""

    name: ClassVar[str] = "cdan"
    paper: ClassVar[str] = "Long, Cao, Wang & Jordan 2018, Conditional Adversarial Domain Adaptation"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: some hundred steps of a small network on features"
    Config: ClassVar[type[BaseModel]] = CdanConfig

    def __init__(self, config: CdanConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See ``adapt_deep``."""
        return adapt_deep(self.name, self.config, pair)

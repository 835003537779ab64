"""DAN: a network learns features whose distributions cannot be told apart by kernels of several widths (MMD).

Source: Long, Cao, Wang & Jordan 2015, Learning Transferable Features with Deep Adaptation Networks.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, Adapted, Need, Pair
from medgraft.transfer.adaptation.deep import DeepConfig, PullWeight, adapt_deep

__all__ = ["Dan", "DanConfig"]


class DanConfig(DeepConfig):
    """Options of DAN."""

    kind: Literal["dan"] = "dan"
    weight: PullWeight = 5.0


@ADAPTATIONS.register("dan")
class Dan:
    """Distributions of features are made alike by MMD."""

    name: ClassVar[str] = "dan"
    paper: ClassVar[str] = "Long, Cao, Wang & Jordan 2015, Learning Transferable Features with Deep Adaptation Networks"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: some hundred steps of a small network on features"
    Config: ClassVar[type[BaseModel]] = DanConfig

    def __init__(self, config: DanConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See ``adapt_deep``."""
        return adapt_deep(self.name, self.config, pair)

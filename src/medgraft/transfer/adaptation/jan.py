"""JAN: a network learns features whose joint distribution with the answers cannot be told apart by kernels (joint MMD).

Source: Long, Zhu, Wang & Jordan 2017, Deep Transfer Learning with Joint Adaptation Networks.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, Adapted, Need, Pair
from medgraft.transfer.adaptation.deep import DeepConfig, PullWeight, adapt_deep

__all__ = ["Jan", "JanConfig"]


class JanConfig(DeepConfig):
    """Options of JAN."""

    kind: Literal["jan"] = "jan"
    weight: PullWeight = 3.0


@ADAPTATIONS.register("jan")
class Jan:
    """Joint distributions of features and answers are made alike."""

    name: ClassVar[str] = "jan"
    paper: ClassVar[str] = "Long, Zhu, Wang & Jordan 2017, Deep Transfer Learning with Joint Adaptation Networks"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: some hundred steps of a small network on features"
    Config: ClassVar[type[BaseModel]] = JanConfig

    def __init__(self, config: JanConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See ``adapt_deep``."""
        return adapt_deep(self.name, self.config, pair)

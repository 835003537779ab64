"""Deep CORAL: a network learns features whose covariance is the same at both sites.

Source: Sun & Saenko 2016, Deep CORAL: Correlation Alignment for Deep Domain Adaptation.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, Adapted, Need, Pair
from medgraft.transfer.adaptation.deep import DeepConfig, PullWeight, adapt_deep

__all__ = ["DeepCoral", "DeepCoralConfig"]


class DeepCoralConfig(DeepConfig):
    """Options of Deep CORAL."""

    kind: Literal["deep-coral"] = "deep-coral"
    weight: PullWeight = 1000.0


@ADAPTATIONS.register("deep-coral")
class DeepCoral:
    """Covariances are made alike."""

    name: ClassVar[str] = "deep-coral"
    paper: ClassVar[str] = "Sun & Saenko 2016, Deep CORAL: Correlation Alignment for Deep Domain Adaptation"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: some hundred steps of a small network on features"
    Config: ClassVar[type[BaseModel]] = DeepCoralConfig

    def __init__(self, config: DeepCoralConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See ``adapt_deep``."""
        return adapt_deep(self.name, self.config, pair)

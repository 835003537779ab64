"""MCC: a network learns to confuse no two classes on the target; the sites themselves are not compared.

Source: Jin, Wang, Long & Wang 2020, Minimum Class Confusion for Versatile Domain Adaptation.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, Adapted, Need, Pair
from medgraft.transfer.adaptation.deep import DeepConfig, PullWeight, adapt_deep

__all__ = ["Mcc", "MccConfig"]


class MccConfig(DeepConfig):
    """Options of MCC."""

    kind: Literal["mcc"] = "mcc"
    weight: PullWeight = 1.0
    temperature: Annotated[
        float, Field(gt=0, description="what logits are divided by before confusion is measured")
    ] = 2.5


@ADAPTATIONS.register("mcc")
class Mcc:
    """Classes are not confused on the target."""

    name: ClassVar[str] = "mcc"
    paper: ClassVar[str] = "Jin, Wang, Long & Wang 2020, Minimum Class Confusion for Versatile Domain Adaptation"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = False
    cost: ClassVar[str] = "seconds: some hundred steps of a small network on features"
    Config: ClassVar[type[BaseModel]] = MccConfig

    def __init__(self, config: MccConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See ``adapt_deep``."""
        return adapt_deep(self.name, self.config, pair)

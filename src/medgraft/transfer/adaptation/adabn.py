"""AdaBN: the BatchNorm statistics of the network are those of the target's pictures; no weight is learnt.

Only the model travels. Statistics are those of the target as it comes: where it has other class shares they are moved
by that, too. The head must have learnt from features by the source's statistics, as after fine-tuning: a frozen
pretrained backbone has those of its own source task, and what it gives by the target's is strange to the head.

Source: Li, Wang, Shi, Hou & Liu 2017, Revisiting Batch Normalization for Practical Domain Adaptation; Schneider et al.
2020, Improving Robustness Against Common Corruptions by Covariate Shift Adaptation (a part of the way).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, AdaptationConfig, Adapted, Need, Pair
from medgraft.transfer.adaptation.network import adapt_network

__all__ = ["AdaBn", "AdaBnConfig"]


class AdaBnConfig(AdaptationConfig):
    """Options of AdaBN."""

    kind: Literal["adabn"] = "adabn"
    batch_size: Annotated[int, Field(ge=2, le=1024, description="pictures a forward pass")] = 32
    share: Annotated[
        float, Field(gt=0, le=1, description="of the way from the source's statistics to the target's")
    ] = 1.0


@ADAPTATIONS.register("adabn")
class AdaBn:
    """BatchNorm statistics of the target."""

    name: ClassVar[str] = "adabn"
    paper: ClassVar[str] = "Li et al. 2017, Revisiting Batch Normalization for Practical Domain Adaptation"
    needs: ClassVar[frozenset[Need]] = frozenset({"network"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "two forward passes over the target"
    Config: ClassVar[type[BaseModel]] = AdaBnConfig

    def __init__(self, config: AdaBnConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module. Raises ``UsageError`` for a network without BatchNorm."""
        return adapt_network(self.name, self.config, pair)

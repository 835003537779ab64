"""TENT: scale and offset of the BatchNorm layers learn to make the answers to the target's pictures sure.

Statistics are those of each batch while it learns, and those of all target pictures at the end; everything else of the
network, and its head, stay. Only the model travels. Sure is not right: entropy falls to nothing, too, where all cases
are called one class.

Source: Wang, Shelhamer, Liu, Olshausen & Darrell 2021, Tent: Fully Test-Time Adaptation by Entropy Minimization.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, AdaptationConfig, Adapted, Need, Pair
from medgraft.transfer.adaptation.network import adapt_network

__all__ = ["Tent", "TentConfig"]


class TentConfig(AdaptationConfig):
    """Options of TENT."""

    kind: Literal["tent"] = "tent"
    batch_size: Annotated[int, Field(ge=2, le=1024, description="pictures a step; their statistics are used")] = 64
    epochs: Annotated[int, Field(ge=1, le=100, description="passes over the target")] = 1
    lr: Annotated[float, Field(gt=0, le=1, description="learning rate of Adam")] = 1e-3


@ADAPTATIONS.register("tent")
class Tent:
    """BatchNorm's scale and offset learn to be sure."""

    name: ClassVar[str] = "tent"
    paper: ClassVar[str] = "Wang et al. 2021, Tent: Fully Test-Time Adaptation by Entropy Minimization"
    needs: ClassVar[frozenset[Need]] = frozenset({"linear head", "network"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "an epoch of training on the target, and two forward passes"
    Config: ClassVar[type[BaseModel]] = TentConfig

    def __init__(self, config: TentConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module. Raises ``UsageError`` for a network without BatchNorm, and where it diverges."""
        return adapt_network(self.name, self.config, pair)

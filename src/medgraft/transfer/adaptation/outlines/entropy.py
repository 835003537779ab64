"""Entropy minimisation for outlines (MinEnt): sure of the target's pixels, and still right about the source's.

The source's masks keep the network from being sure of nonsense, which TENT has nothing against.

Source: Vu, Jain, Bucher, Cord & Pérez 2019, ADVENT: Adversarial Entropy Minimization for Domain Adaptation in Semantic
Segmentation (its direct form, 3.1).
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field
from torch import Tensor

from medgraft.transfer.adaptation.batch_statistics import entropy_of
from medgraft.transfer.adaptation.outlines.across import AcrossCourse, outline_across
from medgraft.transfer.adaptation.outlines.outline_adaptation import (
    OUTLINE_ADAPTATIONS,
    AdaptedOutlines,
    OutlineAdaptationConfig,
    OutlinePair,
)

__all__ = ["OutlineEntropy", "OutlineEntropyConfig", "mean_entropy"]


class OutlineEntropyConfig(OutlineAdaptationConfig):
    """Options of entropy minimisation."""

    kind: Literal["entropy"] = "entropy"
    steps: Annotated[int, Field(ge=1, le=100_000, description="of training")] = 200
    batch_size: Annotated[int, Field(ge=1, le=256, description="patches of each side a step")] = 4
    lr: Annotated[float, Field(gt=0, le=1, description="peak learning rate of AdamW")] = 1e-4
    weight: Annotated[float, Field(ge=0, le=100, description="of the target's entropy beside the source's loss")] = 0.1


@OUTLINE_ADAPTATIONS.register("entropy")
class OutlineEntropy:
    """Sure of the target's pixels, right about the source's."""

    name: ClassVar[str] = "entropy"
    paper: ClassVar[str] = "Vu et al. 2019, ADVENT: Adversarial Entropy Minimization for Domain Adaptation"
    needs_source: ClassVar[bool] = True
    cost: ClassVar[str] = "some hundred steps of training on both sides"
    Config: ClassVar[type[BaseModel]] = OutlineEntropyConfig

    def __init__(self, config: OutlineEntropyConfig) -> None:
        self.config = config

    def adapt(self, pair: OutlinePair) -> AdaptedOutlines:
        """See the module. Raises ``UsageError`` without the source's cases, and where it diverges."""
        return outline_across(pair, AcrossCourse(**self.config.model_dump(exclude={"kind"})), mean_entropy)


def mean_entropy(source: Tensor, target: Tensor) -> Tensor:
    """Of the target's pixels, in units of the largest there is."""
    return entropy_of(target).mean() / math.log(target.shape[1])

"""TENT for outlines: scale and offset of BatchNorm learn to make the answer to every pixel of the target sure.

The entropy is that of the classes of a pixel, on average over pixels. Statistics are those of each batch while it
learns, and those of all of the target at the end. Only the model travels. Most pixels are background: entropy falls to
nothing, too, where all of them are called that.

Source: Wang, Shelhamer, Liu, Olshausen & Darrell 2021, Tent: Fully Test-Time Adaptation by Entropy Minimization.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.adaptation.batch_statistics import least_entropy
from medgraft.transfer.adaptation.outlines.normed import given_of
from medgraft.transfer.adaptation.outlines.outline_adaptation import (
    OUTLINE_ADAPTATIONS,
    AdaptedOutlines,
    OutlineAdaptationConfig,
    OutlinePair,
)

__all__ = ["OutlineTent", "OutlineTentConfig"]


class OutlineTentConfig(OutlineAdaptationConfig):
    """Options of TENT."""

    kind: Literal["tent"] = "tent"
    batch_size: Annotated[int, Field(ge=2, le=256, description="windows a step; their statistics are used")] = 8
    windows: Annotated[int, Field(ge=2, le=100_000, description="of the target that are looked at, at most")] = 2000
    epochs: Annotated[int, Field(ge=1, le=100, description="passes over these windows")] = 1
    lr: Annotated[float, Field(gt=0, le=1, description="learning rate of Adam")] = 1e-3


@OUTLINE_ADAPTATIONS.register("tent")
class OutlineTent:
    """BatchNorm's scale and offset learn to be sure of every pixel."""

    name: ClassVar[str] = "tent"
    paper: ClassVar[str] = "Wang et al. 2021, Tent: Fully Test-Time Adaptation by Entropy Minimization"
    needs_source: ClassVar[bool] = False
    cost: ClassVar[str] = "an epoch of training on the target, and two forward passes"
    Config: ClassVar[type[BaseModel]] = OutlineTentConfig

    def __init__(self, config: OutlineTentConfig) -> None:
        self.config = config

    def adapt(self, pair: OutlinePair) -> AdaptedOutlines:
        """See the module. Raises ``UsageError`` for a network without BatchNorm, and where it diverges."""
        given = given_of(pair, self.name, self.config.windows)
        options = self.config.model_dump(include={"batch_size", "epochs", "lr"})
        changed = least_entropy(given, lambda logits: logits, **options)
        return AdaptedOutlines(given.network.cpu().eval(), changed.history, {**changed.facts, "windows": given.count})

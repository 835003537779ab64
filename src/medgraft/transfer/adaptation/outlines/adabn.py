"""AdaBN for outlines: the BatchNorm statistics of encoder and decoder are those of the target's pictures.

Only the model travels; no weight is learnt. Where the target shows less (or more) of what is outlined, statistics are
moved by that, too.

Source: Li, Wang, Shi, Hou & Liu 2017, Revisiting Batch Normalization for Practical Domain Adaptation.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from medgraft.transfer.adaptation.batch_statistics import target_statistics
from medgraft.transfer.adaptation.outlines.normed import given_of
from medgraft.transfer.adaptation.outlines.outline_adaptation import (
    OUTLINE_ADAPTATIONS,
    AdaptedOutlines,
    OutlineAdaptationConfig,
    OutlinePair,
)

__all__ = ["OutlineAdaBn", "OutlineAdaBnConfig"]


class OutlineAdaBnConfig(OutlineAdaptationConfig):
    """Options of AdaBN."""

    kind: Literal["adabn"] = "adabn"
    batch_size: Annotated[int, Field(ge=2, le=256, description="windows a forward pass")] = 8
    windows: Annotated[int, Field(ge=2, le=100_000, description="of the target that are looked at, at most")] = 2000
    share: Annotated[
        float, Field(gt=0, le=1, description="of the way from the source's statistics to the target's")
    ] = 1.0


@OUTLINE_ADAPTATIONS.register("adabn")
class OutlineAdaBn:
    """BatchNorm statistics of the target."""

    name: ClassVar[str] = "adabn"
    paper: ClassVar[str] = "Li et al. 2017, Revisiting Batch Normalization for Practical Domain Adaptation"
    needs_source: ClassVar[bool] = False
    cost: ClassVar[str] = "a forward pass over the target"
    Config: ClassVar[type[BaseModel]] = OutlineAdaBnConfig

    def __init__(self, config: OutlineAdaBnConfig) -> None:
        self.config = config

    def adapt(self, pair: OutlinePair) -> AdaptedOutlines:
        """See the module. Raises ``UsageError`` for a network without BatchNorm."""
        given = given_of(pair, self.name, self.config.windows)
        changed = target_statistics(given, batch_size=self.config.batch_size, share=self.config.share)
        return AdaptedOutlines(given.network.cpu().eval(), changed.history, {**changed.facts, "windows": given.count})

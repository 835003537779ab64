"""Source-only: the source's model as it is. It stands beside every result, and is what ``auto`` keeps."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

from medgraft.transfer.adaptation.outlines.outline_adaptation import (
    OUTLINE_ADAPTATIONS,
    AdaptedOutlines,
    OutlineAdaptationConfig,
    OutlinePair,
)

__all__ = ["OutlineSourceOnly", "OutlineSourceOnlyConfig"]


class OutlineSourceOnlyConfig(OutlineAdaptationConfig):
    """No options."""

    kind: Literal["source-only"] = "source-only"


@OUTLINE_ADAPTATIONS.register("source-only")
class OutlineSourceOnly:
    """Nothing is changed."""

    name: ClassVar[str] = "source-only"
    paper: ClassVar[str] = "-"
    needs_source: ClassVar[bool] = False
    cost: ClassVar[str] = "none"
    Config: ClassVar[type[BaseModel]] = OutlineSourceOnlyConfig

    def __init__(self, config: OutlineSourceOnlyConfig) -> None:
        self.config = config

    def adapt(self, pair: OutlinePair) -> AdaptedOutlines:
        """The network of the pair."""
        return AdaptedOutlines(pair.copied().cpu().eval())

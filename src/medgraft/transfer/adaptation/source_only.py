"""Source-only: the source's model as it is. It stands beside every result, and is what the guard falls back to."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, Adapted, Need, Pair

__all__ = ["SourceOnly", "SourceOnlyConfig"]


class SourceOnlyConfig(BaseModel):
    """No options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["source-only"] = "source-only"


@ADAPTATIONS.register("source-only")
class SourceOnly:
    """Nothing is changed."""

    name: ClassVar[str] = "source-only"
    paper: ClassVar[str] = "-"
    needs: ClassVar[frozenset[Need]] = frozenset()
    uses_labels: ClassVar[bool] = False
    same_shares: ClassVar[bool] = False
    cost: ClassVar[str] = "none"
    Config: ClassVar[type[BaseModel]] = SourceOnlyConfig

    def __init__(self, config: SourceOnlyConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """The head of the pair."""
        return Adapted.on_features(pair.head, pair)

"""The settings of a search: how long, which sources, which strategies."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

from medgraft.registry import nearest
from medgraft.transfer.strategies.strategy import STRATEGIES

__all__ = ["SearchSection"]

_BUDGET = re.compile(r"(\d+(?:\.\d+)?)\s*([smh])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


class SearchSection(BaseModel):
    """What is tried where a budget is given in place of a recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    budget: str | None = Field(default=None, description="wall time of the whole process, as 90s, 15m or 1h")
    backbones: tuple[str, ...] = Field(
        default=(), description="sources, NAME or NAME@WEIGHTS, several with +; empty: every one that is here"
    )
    lower: tuple[str, ...] = Field(
        default=("knn", "linear-probe", "stacked"), description="strategies on cached features"
    )
    upper: tuple[str, ...] = Field(default=("partial", "lp-ft", "full"), description="strategies that train a network")
    folds: int = Field(default=5, ge=2, le=20, description="patient-grouped folds that all candidates share")

    @property
    def seconds(self) -> float | None:
        """The budget in seconds."""
        found = _BUDGET.fullmatch(self.budget) if self.budget is not None else None
        return float(found[1]) * _UNITS[found[2]] if found else None

    @field_validator("budget")
    @classmethod
    def _a_time(cls, text: str | None) -> str | None:
        """A number and a unit."""
        if text is not None and not _BUDGET.fullmatch(text):
            raise ValueError("a time is needed, as 90s, 15m or 1h")
        return text

    @field_validator("lower", "upper")
    @classmethod
    def _known(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        """Names in the registry."""
        for kind in kinds:
            if kind not in STRATEGIES:
                raise ValueError(f"there is no strategy {kind!r}{nearest(kind, STRATEGIES)}")
        return kinds

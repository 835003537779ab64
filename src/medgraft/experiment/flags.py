"""Arguments of the Python verbs as settings of the configuration, which checks them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["data_flags", "strategy_flags"]


def data_flags(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """The options of ``CohortOptions`` by their names in the configuration."""
    return {f"data.{name}": value for name, value in (options or {}).items()}


def strategy_flags(strategy: str | Mapping[str, Any] | None) -> dict[str, Any]:
    """A strategy by its name, or by its settings."""
    if strategy is None:
        return {}
    if isinstance(strategy, str):
        return {"strategy.kind": strategy}
    return {f"strategy.{name}": value for name, value in strategy.items()}

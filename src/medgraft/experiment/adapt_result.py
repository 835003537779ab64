"""What ``adapt`` gives back, whatever the run answers with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["AUTO", "AdaptResult"]

AUTO = "auto"
"""Asked for in place of a method."""


@dataclass(frozen=True)
class AdaptResult:
    """``content``: what ``adaptation.json`` holds; ``told``: the same in sentences; ``metrics``: ``metrics.json``."""

    run: Path
    content: dict[str, Any]
    told: list[str]
    metrics: dict[str, Any]
    set_aside: list[tuple[str, str]]
    warnings: list[str]

    def to_json(self) -> dict[str, Any]:
        """The one object of ``--json``; of the map its numbers, and no place of a case."""
        found = self.content["map"]
        return {
            "run": str(self.run),
            **self.content,
            "map": None if found is None else {name: found[name] for name in ("moved", "auroc", "mmd")},
            "told": self.told,
            "metrics": self.metrics,
            "warnings": self.warnings,
        }

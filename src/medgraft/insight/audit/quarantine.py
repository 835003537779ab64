"""What was set aside, and why. Paths stay out: they go to the terminal only."""

from __future__ import annotations

from typing import Any

from medgraft.insight.audit.check import CHECKS, Material

__all__ = ["quarantine"]


@CHECKS.register("quarantine")
def quarantine(material: Material) -> dict[str, list[Any]]:
    """``quarantined``: case id and reason of everything that was set aside."""
    return {
        "quarantined": [{"case": item.case_id, "reason": item.reason} for item in material.cohort.quarantined],
        "notes": list(material.cohort.notes),
    }

"""The same pixels under different labels: at least one of them is wrong."""

from __future__ import annotations

from typing import Any

from medgraft.insight.audit.check import CHECKS, Material
from medgraft.insight.audit.duplicates import same_pixels

__all__ = ["label_conflicts"]


@CHECKS.register("label-conflicts")
def label_conflicts(material: Material) -> dict[str, list[Any]]:
    """``label_conflicts``: groups of duplicates whose known labels differ."""
    labels = material.labels()
    groups = [cases for cases in same_pixels(material) if len({labels[case] for case in cases} - {None}) > 1]
    return {"label_conflicts": [{"cases": cases, "labels": [labels[case] for case in cases]} for cases in groups]}

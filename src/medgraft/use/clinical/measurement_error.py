"""How much of a change is error of measurement.

``relative_sd`` is the standard deviation of one measurement as a share of it, from the validation set (predicted
against true sizes). Two measurements of the same thing differ by less than 1.96 √2 relative_sd in 95 of 100 cases: the
repeatability coefficient (Bland & Altman, BMJ 1996;313:744), as a share of the size. It holds for changes that are not
large; a fall to next to nothing is known better than it says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medgraft.files import read_json

__all__ = ["errors_of_run", "repeatability_percent"]

_NORMAL = 1.959963984540054
_FILES = ("bundle/calibration.json", "outline_facts.json", "metrics.json")
"""Where a run may state its ``measurement_error``, in this order."""


def repeatability_percent(relative_sd: float | None) -> float | None:
    """Percent by which two measurements of one thing may differ; ``None`` where the error is not known."""
    if relative_sd is None or not math.isfinite(relative_sd) or relative_sd < 0:
        return None
    return 100 * _NORMAL * math.sqrt(2) * relative_sd


def errors_of_run(run: Path) -> dict[str, float]:
    """``relative_sd`` of the size of each structure that a run knows it of; empty where it says nothing. Raises
    ``ArtifactError`` for a damaged file."""
    for name in _FILES:
        path = run / name
        if path.is_file():
            content = read_json(path)
            stated = content.get("measurement_error") or (content.get("_meta") or {}).get("measurement_error")
            if isinstance(stated, Mapping):
                pairs = {str(label): _share(entry) for label, entry in stated.items()}
                return {label: share for label, share in pairs.items() if share is not None}
    return {}


def _share(entry: Any) -> float | None:
    """A number, or what ``relative_sd`` says."""
    value = entry.get("relative_sd") if isinstance(entry, Mapping) else entry
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return float(value) if usable and value is not None else None

"""A run that draws outlines: what every run has, the measures of each case and label, and facts about the outlines.

Needed is ``outlines.parquet``: a row a case and label with ``case_id patient_id site split label``, measures (``dice``
at least), ``volume_true volume_called`` in ``size_unit`` and ``empty``. ``outline_facts.json`` may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.located.run import checked_columns, read_located
from medgraft.use.report.stored import optional_json, table

__all__ = ["CHIEF", "MEASURES", "OutlineRun", "read_outlines"]

MEASURES = (
    *("dice", "iou", "nsd", "hd95", "volume_error", "volume_error_percent", "volume_bias"),
    *("lesion_sensitivity", "false_lesions"),
)
"""In the order of the report."""
CHIEF = ("dice", "nsd", "hd95", "volume_error", "volume_error_percent", "lesion_sensitivity")
"""Those that are told of each class."""
_COLUMNS = ("case_id", "patient_id", "site", "split", "label", "dice", "volume_true", "volume_called", "empty")
_UNITS = {"pixels": "pixels", "pixels2": "pixels²", "mm2": "mm²", "voxels": "voxels"}


@dataclass(frozen=True)
class OutlineRun:
    """``base``: the artefacts of any run; ``cases``: ``outlines.parquet``, in order of case and label."""

    base: Artefacts
    cases: pd.DataFrame
    facts: dict[str, Any] = field(default_factory=dict)
    attacks: dict[str, Any] = field(default_factory=dict)

    @property
    def meta(self) -> dict[str, Any]:
        """What ``metrics.json`` says about its numbers."""
        found = self.base.metrics.get("_meta")
        return found if isinstance(found, dict) else {}

    @property
    def judged(self) -> pd.DataFrame:
        """The rows of the main split."""
        return self.cases[self.cases["split"] == self.base.main].reset_index(drop=True)

    @property
    def size_unit(self) -> str:
        """``mL``, ``mm²``, ``pixels²`` or ``voxels``."""
        if "size_unit" not in self.cases.columns:
            return "mL"
        unit = next((str(item) for item in self.cases["size_unit"].dropna()), "mL")
        return _UNITS.get(unit, unit)

    @property
    def size_word(self) -> str:
        """``volume`` or ``area``."""
        return "volume" if self.size_unit in ("mL", "voxels") else "area"

    def trivial(self, split: str | None) -> float | None:
        """The Dice of a model that never draws anything: a mean over the classes, 1 for every case without one."""
        rows = self.cases[self.cases["split"] == split]
        if rows.empty:
            return None
        nothing = rows["empty"].astype(str).isin(["both", "truth"])
        return float(nothing.groupby(rows["label"]).mean().mean())


def read_outlines(run: Path) -> OutlineRun:
    """Read a run folder. Raises ``ArtifactError`` for what is missing, damaged or does not belong together."""
    base, path = read_located(run), run / "outlines.parquet"
    cases = checked_columns(table(path), path, _COLUMNS)
    cases = cases[cases["label"].isin(base.labels)].sort_values(["case_id", "label"], kind="stable")
    return OutlineRun(
        base,
        cases.reset_index(drop=True),
        optional_json(run / "outline_facts.json"),
        optional_json(run / "attacks.json"),
    )

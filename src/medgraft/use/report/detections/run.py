"""A run that finds boxes: what every run has, the true boxes and the predicted ones.

Needed are ``boxes.parquet`` (``case_id label x0 y0 x1 y1``) and ``predicted_boxes.parquet`` (the same with ``score``
and ``split``), in pixels, half-open.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.measure.detection.matching import ImageBoxes
from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.figures.figure import patient_codes
from medgraft.use.report.located.run import checked_columns, read_located
from medgraft.use.report.stored import table

__all__ = ["CORNERS", "MEASURES", "POINTS", "DetectionRun", "read_detections"]

CORNERS = ["x0", "y0", "x1", "y1"]
MEASURES = (
    *("map50", "map50_95", "froc"),
    *(f"sensitivity_at_{limit}" for limit in ("0_125", "0_25", "0_5", "1", "2", "4", "8")),
)
"""In the order of the report."""
POINTS = ("1/8", "1/4", "1/2", "1", "2", "4", "8")
"""False positives an image at which sensitivity is told."""


@dataclass(frozen=True)
class DetectionRun:
    """``base``: the artefacts of any run; ``truth`` and ``called``: the rows of the two tables of boxes."""

    base: Artefacts
    truth: pd.DataFrame
    called: pd.DataFrame

    @property
    def meta(self) -> dict[str, Any]:
        """What ``metrics.json`` says about its numbers."""
        found = self.base.metrics.get("_meta")
        return found if isinstance(found, dict) else {}

    @property
    def score(self) -> float | None:
        """The score from which a prediction counts, or ``None`` where the run does not say."""
        value = (self.meta.get("thresholds") or {}).get("score")
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    @cached_property
    def judged(self) -> list[str]:
        """The cases of the main split in order, those without a box too."""
        main, split = self.base.main, self.base.split
        if main in ("train", "val", "test"):
            cases = split.get(main) or []
        elif main == "cv":
            cases = [*(split.get("train") or []), *(split.get("val") or [])]
        else:
            cases = self.called.loc[self.called["split"] == main, "case_id"].unique()
        return sorted({str(case) for case in cases})

    @cached_property
    def images(self) -> list[ImageBoxes]:
        """One a judged case, in that order."""
        called = self.called[self.called["split"] == self.base.main]
        truths, answers = (dict(iter(rows.groupby("case_id"))) for rows in (self.truth, called))
        return [_image(truths.get(case), answers.get(case)) for case in self.judged]

    @property
    def groups(self) -> NDArray[np.int64]:
        """A number a patient of the judged cases; -1 where unknown."""
        cohort = self.base.cohort
        rows = cohort.assign(case_id=cohort["case_id"].astype(str)).drop_duplicates("case_id").set_index("case_id")
        return patient_codes(rows.reindex(self.judged))


def _image(truth: pd.DataFrame | None, called: pd.DataFrame | None) -> ImageBoxes:
    """The boxes of a case by label."""
    true = {} if truth is None else {str(k): rows[CORNERS].to_numpy(np.float64) for k, rows in truth.groupby("label")}
    found = {}
    if called is not None:
        for label, rows in called.groupby("label"):
            found[str(label)] = (rows[CORNERS].to_numpy(np.float64), rows["score"].to_numpy(np.float64))
    return ImageBoxes(true, found)


def read_detections(run: Path) -> DetectionRun:
    """Read a run folder. Raises ``ArtifactError`` for what is missing, damaged or does not belong together."""
    base = read_located(run)
    tables = []
    for name, more in (("boxes.parquet", ()), ("predicted_boxes.parquet", ("score", "split"))):
        rows = checked_columns(table(run / name), run / name, ("case_id", "label", *CORNERS, *more))
        tables.append(rows[rows["label"].isin(base.labels)].reset_index(drop=True))
    return DetectionRun(base, tables[0], tables[1])

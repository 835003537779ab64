"""What every run leaves behind that answers with places in the picture, not with a class: read once, as plain data.

Such a run has no ``predictions.parquet``; its answers lie in tables of their own, which the rooms ``outlines`` and
``detections`` read. All that is told alike for every run (cohort, split, audit, how it was made) is told from
``Artefacts`` without predictions.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from medgraft.errors import ArtifactError
from medgraft.files import read_json
from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.stored import history, optional_json, table

__all__ = ["checked_columns", "read_located", "task_of"]


def task_of(run: Path) -> str:
    """``segmentation``, ``detection``, or whatever else ``metrics.json`` says; empty where it says nothing."""
    meta = optional_json(run / "metrics.json").get("_meta")
    return str(meta.get("task") or "") if isinstance(meta, dict) else ""


def read_located(run: Path) -> Artefacts:
    """The artefacts of any run, with no predictions. Raises ``ArtifactError`` for what is missing or damaged."""
    metrics, bundle = read_json(run / "metrics.json"), run / "bundle"
    meta = metrics.get("_meta") or {}
    labels = optional_json(bundle / "labels.json").get("labels") or meta.get("labels") or []
    if not labels:
        raise ArtifactError(
            f"writing the report of {run}: neither bundle/labels.json nor metrics.json names a class; run the fit again"
        )
    return Artefacts(
        cohort=table(run / "cohort.parquet"),
        split=read_json(run / "split.json"),
        predictions=pd.DataFrame(columns=["case_id", "split"]),
        metrics=metrics,
        labels=tuple(str(label) for label in labels),
        positive=None,
        config=optional_json(run / "config.json"),
        audit=optional_json(run / "audit.json"),
        history=_one_step_after_another(history(run / "history.csv")),
        timings=optional_json(run / "timings.json"),
        model=optional_json(bundle / "model.json"),
        preprocessing=optional_json(bundle / "preprocessing.json"),
        calibration=optional_json(bundle / "calibration.json"),
        adaptation=optional_json(run / "adaptation.json"),
        robustness=optional_json(run / "robustness.json"),
    )


def _one_step_after_another(steps: pd.DataFrame) -> pd.DataFrame:
    """Epochs counted through all phases, where each phase counts from the beginning."""
    if "epoch" not in steps.columns or (steps["epoch"].is_monotonic_increasing and steps["epoch"].is_unique):
        return steps
    return steps.assign(epoch=range(1, len(steps) + 1))


def checked_columns(table: pd.DataFrame, path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """``table`` with the needed ``columns``; their names as text. Raises ``ArtifactError`` where one is missing."""
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise ArtifactError(f"reading {path}: the column {missing[0]} is missing; run the fit again so that it is made")
    texts = {name: table[name].astype(str) for name in ("case_id", "label", "split") if name in table.columns}
    return table.assign(**texts)

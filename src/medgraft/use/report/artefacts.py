"""What the report knows: the artefacts of one run folder, read once, and nothing else.

Needed are ``cohort.parquet``, ``split.json``, ``predictions.parquet`` and ``metrics.json``; an absent one is an
``ArtifactError``. All others may be missing, and the report says less. Nothing is read from ``private/``
here; thumbnails are read by ``pictures.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.errors import ArtifactError
from medgraft.files import read_json
from medgraft.use.report.stored import history as _history
from medgraft.use.report.stored import optional_json as _optional_json
from medgraft.use.report.stored import table as _table

__all__ = ["Artefacts", "read_artefacts"]

_ORDER = ("test", "test_without_near_duplicates", "cv", "val", "train")


@dataclass(frozen=True)
class Artefacts:
    """One run as plain data. ``labels`` are the class names in the order of the probability columns."""

    cohort: pd.DataFrame
    split: dict[str, Any]
    predictions: pd.DataFrame
    metrics: dict[str, Any]
    labels: tuple[str, ...]
    positive: str | None
    config: dict[str, Any] = field(default_factory=dict)
    audit: dict[str, Any] = field(default_factory=dict)
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    timings: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] = field(default_factory=dict)
    preprocessing: dict[str, Any] = field(default_factory=dict)
    calibration: dict[str, Any] = field(default_factory=dict)
    slices: pd.DataFrame = field(default_factory=pd.DataFrame)
    ladder: dict[str, Any] = field(default_factory=dict)
    comparison: dict[str, Any] = field(default_factory=dict)
    learning_curve: dict[str, Any] = field(default_factory=dict)
    several: bool = False
    """Whether a case has several labels, each yes, no or unknown."""
    loso: dict[str, Any] = field(default_factory=dict)
    adaptation: dict[str, Any] = field(default_factory=dict)
    robustness: dict[str, Any] = field(default_factory=dict)
    attacks: dict[str, Any] = field(default_factory=dict)
    trust: dict[str, Any] = field(default_factory=dict)
    explanations: dict[str, Any] = field(default_factory=dict)
    fusion: dict[str, Any] = field(default_factory=dict)
    subgroups: dict[str, Any] = field(default_factory=dict)

    @property
    def splits(self) -> list[str]:
        """The splits with metrics: test first, then external ones, cross-validation, validation, training."""
        names = [name for name in self.metrics if not name.startswith("_") and name != "format_version"]
        external = sorted(name for name in names if name.startswith("external:"))
        order = [*_ORDER[:2], *external, *_ORDER[2:]]
        return [name for name in order if name in names] + sorted(set(names) - set(order))

    @property
    def judged(self) -> list[str]:
        """Those whose numbers stand side by side. Not training, which measures nothing; not leaving one site out, whose
        answers are of one model a site, so that their scores are not on one scale: that is told by site."""
        return [name for name in self.splits if name not in ("train", "loso")]

    @property
    def main(self) -> str | None:
        """The split whose numbers are the result: test, else external, cross-validation, validation."""
        return self.judged[0] if self.judged else None

    @property
    def binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.labels) == 2 and not self.several

    @property
    def shown(self) -> str:
        """The class that binary curves are about."""
        return self.positive if self.positive in self.labels and self.positive else self.labels[-1]

    def estimate(self, split: str | None, metric: str) -> dict[str, Any] | None:
        """``{value, low, high, n, n_patients, …}`` or ``None``."""
        found = self.metrics.get(split or "", {})
        entry = found.get(metric) if isinstance(found, dict) else None
        return entry if isinstance(entry, dict) and "value" in entry else None

    def of_split(self, split: str | None) -> pd.DataFrame:
        """Labelled predictions of a split with known answers; for ``cv`` every repeat."""
        rows = self.predictions[self.predictions["split"].astype(str) == split]
        if self.several:
            known = rows[[f"y_{label}" for label in self.labels]].notna().any(axis=1)
        else:
            known = rows["y_true"].isin(self.labels) & rows["y_pred"].notna()
        return rows[known].reset_index(drop=True)

    @property
    def main_rows(self) -> pd.DataFrame:
        """Predictions of the main split, each case once: of cross-validation only the first repeat."""
        rows = self.of_split(self.main)
        if self.main == "cv" and len(rows) and "repeat" in rows.columns:
            rows = rows[rows["repeat"] == rows["repeat"].min()]
        finite = np.isfinite(self.probability(rows)).all(axis=1) if len(rows) else np.zeros(0, dtype=bool)
        return rows.iloc[np.flatnonzero(finite)].reset_index(drop=True)

    def probability(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """(n, classes) of the given rows, joined by label."""
        return rows[[f"p_{label}" for label in self.labels]].to_numpy(dtype=np.float64)

    def question(self, rows: pd.DataFrame, label: str) -> tuple[NDArray[np.bool_], NDArray[np.float64], pd.DataFrame]:
        """Whether a case is of ``label``, its probability, and the rows: those in which that is known."""
        if self.several:
            rows = rows[rows[f"y_{label}"].notna()]
            truth = (rows[f"y_{label}"] == 1).to_numpy(dtype=np.bool_)
        else:
            truth = (rows["y_true"].astype(str) == label).to_numpy(dtype=np.bool_)
        return truth, rows[f"p_{label}"].to_numpy(dtype=np.float64), rows

    def counts(self, rows: pd.DataFrame) -> dict[str, int]:
        """Cases of each label, each case once."""
        rows = rows.drop_duplicates("case_id")
        return {label: int(self.question(rows, label)[0].sum()) for label in self.labels}

    def config_value(self, *keys: str) -> Any:
        """The first value found under one of ``keys`` at any depth of ``config.json``, nearest to the root."""
        for key in keys:
            for found, value in sorted(_walk(self.config), key=lambda item: item[0].count(".")):
                if found.rpartition(".")[2] == key and value is not None:
                    return value
        return None

    def config_rows(self) -> list[tuple[str, Any]]:
        """Every leaf of ``config.json`` as (dotted name, value)."""
        return [
            (name, value)
            for name, value in _walk(self.config)
            if not isinstance(value, Mapping) and name != "format_version"
        ]

    @property
    def synthetic(self) -> bool:
        """Whether the run itself says that its cohort is synthetic (never guessed from pixels)."""
        said = [value for name, value in self.config_rows() if not name.startswith("labels")]
        said += list(self.audit.get("notes") or [])
        named = any("synthetic" in str(text).lower() for text in said if not isinstance(text, bool))
        return named or self.config_value("synthetic") is True

    @property
    def patients_known(self) -> bool:
        """Whether every case's patient is known."""
        return len(self.cohort) > 0 and bool(self.cohort["patient_id"].notna().all())


def _walk(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every entry of nested dictionaries as (dotted name, value), inner dictionaries included."""
    for key, value in content.items():
        yield f"{prefix}{key}", value
        if isinstance(value, Mapping):
            yield from _walk(value, f"{prefix}{key}.")


def _labels(bundle: Path, predictions: pd.DataFrame) -> tuple[tuple[str, ...], str | None]:
    """Class names and the positive one, from the bundle, else from the columns of the predictions. Raises
    ``ArtifactError`` where the two, or the columns of the truth, do not fit."""
    content = _optional_json(bundle / "labels.json")
    columns = [str(name)[2:] for name in predictions.columns if str(name).startswith("p_")]
    labels = tuple(str(item) for item in content.get("labels") or columns)
    if not labels or set(labels) - set(columns):
        raise ArtifactError(
            f"writing the report: the classes {list(labels)} and the probability columns {columns} differ; "
            "bundle and predictions.parquet are of different runs: run the fit again"
        )
    positive = content.get("positive")
    return labels, None if positive is None else str(positive)


def read_artefacts(run: Path) -> Artefacts:
    """Read a run folder. Raises ``ArtifactError`` for what is missing, damaged or does not belong together."""
    if not run.is_dir():
        raise ArtifactError(f"writing the report: {run} is no folder; give the folder that `medgraft fit` made")
    predictions = _table(run / "predictions.parquet")
    several = "y_true" not in predictions.columns or "y_pred" not in predictions.columns
    asked = [str(name)[2:] for name in predictions.columns if str(name).startswith("p_")]
    several = several and bool(asked) and {f"y_{name}" for name in asked} <= set(predictions.columns)
    needed = {"case_id", "split", *(() if several else ("y_true", "y_pred"))}
    if not needed <= set(predictions.columns):
        raise ArtifactError(f"reading {run / 'predictions.parquet'}: columns {sorted(needed)} are needed")
    bundle = run / "bundle"
    labels, positive = _labels(bundle, predictions)
    return Artefacts(
        cohort=_table(run / "cohort.parquet"),
        split=read_json(run / "split.json"),
        predictions=predictions,
        metrics=read_json(run / "metrics.json"),
        labels=labels,
        several=several,
        positive=positive,
        config=_optional_json(run / "config.json"),
        audit=_optional_json(run / "audit.json"),
        history=_history(run / "history.csv"),
        timings=_optional_json(run / "timings.json"),
        model=_optional_json(bundle / "model.json"),
        preprocessing=_optional_json(bundle / "preprocessing.json"),
        calibration=_optional_json(bundle / "calibration.json"),
        ladder=_optional_json(run / "ladder.json"),
        comparison=_optional_json(run / "comparison.json"),
        learning_curve=_optional_json(run / "learning_curve.json"),
        loso=_optional_json(run / "loso.json"),
        adaptation=_optional_json(run / "adaptation.json"),
        robustness=_optional_json(run / "robustness.json"),
        attacks=_optional_json(run / "attacks.json"),
        trust=_optional_json(run / "trust.json"),
        explanations=_optional_json(run / "explanations.json"),
        fusion=_optional_json(run / "fusion.json"),
        subgroups=_optional_json(run / "subgroups.json"),
        slices=_table(run / "slices.parquet") if (run / "slices.parquet").is_file() else pd.DataFrame(),
    )

"""Predicting with a clinical table: image and table where there is a row, the image alone where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medgraft.data.clinical.options import ClinicalOptions
from medgraft.data.clinical.table import ClinicalRows, read_clinical
from medgraft.errors import UsageError
from medgraft.measure.threshold import predicted_class
from medgraft.progress import Progress
from medgraft.transfer.fusion.keeping import ClinicalModel
from medgraft.transfer.models.bundle import Bundle
from medgraft.use.prediction.predictor import Predicted

__all__ = ["answers_with_table", "clinical_model", "rows_for"]


def clinical_model(run: Path, options: ClinicalOptions) -> ClinicalModel | None:
    """The fusion of a run's (or a bundle's) folder, where a table is given. Raises ``UsageError`` where it has none."""
    if options.file is None:
        return None
    inside = run / "bundle"
    model = ClinicalModel.of_bundle(inside if inside.is_dir() else run)
    if model is None:
        raise UsageError(
            f"answering with --clinical {options.file}: {run} was fitted without a table; fit it with --clinical, or "
            "leave the option out"
        )
    return model


def rows_for(model: ClinicalModel, options: ClinicalOptions, cohort: pd.DataFrame, progress: Progress) -> ClinicalRows:
    """The model's columns of the table that the options name, a row each a row of the cohort's table. Raises
    ``CohortError`` for a table that does not fit."""
    join = options.join or (model.join if options.by == model.by else None)
    asked = options.model_copy(update={"join": join, "columns": (), "categories": ()})
    rows = read_clinical((options.file or Path()).expanduser(), asked, kinds=model.columns).joined(cohort)
    for note in rows.notes:
        progress.notice(note)
    return rows


def answers_with_table(
    bundle: Bundle,
    model: ClinicalModel,
    options: ClinicalOptions,
    cases: tuple[pd.DataFrame, Predicted],
    progress: Progress,
) -> dict[str, Any]:
    """Columns of the answer: ``prediction`` and ``p_<label>`` by image and table, ``image_prediction`` and
    ``image_p_<label>`` by the image alone, ``answered_from``: what the former rest on.

    ``cases``: rows of the cohort's table and the image's answers to them. What the gate refuses stays without a label:
    a table says nothing for a picture that is not one of its patient. Raises ``CohortError`` for a table that does not
    fit.
    """
    cohort, answer = cases
    rows = rows_for(model, options, cohort, progress)
    task, image, reliance = bundle.task, answer.probability, answer.reliance
    both, label, told = image.copy(), list(answer.label), list(reliance.abstain)
    good = np.flatnonzero(np.isfinite(image).all(axis=1) & ~reliance.refused)
    if len(good):
        some = rows.take(good)
        both[good] = model.answers(image[good], some)
        together = task.told(predicted_class(both[good], model.thresholds.get("both"), task.positive_index))
        for row, found, one, sentence in zip(good.tolist(), some.found, together, model.told(some), strict=True):
            label[row], told[row] = one if found else label[row], sentence
    columns: dict[str, Any] = {"prediction": label, "image_prediction": answer.label, "answered_from": told}
    for column, name in enumerate(task.labels):
        columns |= {f"p_{name}": both[:, column], f"image_p_{name}": image[:, column]}
    return columns

"""Predicting with a clinical table: image and table where there is a row, the image alone where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medgraft.data.clinical.options import ClinicalOptions
from medgraft.data.clinical.table import read_clinical
from medgraft.errors import UsageError
from medgraft.measure.threshold import predicted_class
from medgraft.progress import Progress
from medgraft.source.embedding.cases import CaseEmbedding
from medgraft.transfer.fusion.keeping import ClinicalModel
from medgraft.transfer.models.bundle import Bundle

__all__ = ["answers_with_table", "clinical_model"]


def clinical_model(run: Path, options: ClinicalOptions) -> ClinicalModel | None:
    """The fusion of a run's (or a bundle's) folder, where a table is given. Raises ``UsageError`` where it has none."""
    if options.file is None:
        return None
    inside = run / "bundle"
    model = ClinicalModel.of_bundle(inside if inside.is_dir() else run)
    if model is None:
        raise UsageError(
            f"predicting with --clinical {options.file}: {run} was fitted without a table; fit it with --clinical, or "
            "leave the option out"
        )
    return model


def answers_with_table(
    bundle: Bundle,
    model: ClinicalModel,
    options: ClinicalOptions,
    cases: tuple[pd.DataFrame, CaseEmbedding],
    progress: Progress,
) -> dict[str, Any]:
    """Columns of the answer: ``prediction`` and ``p_<label>`` by image and table, ``image_prediction`` and
    ``image_p_<label>`` by the image alone, ``answered_from``: what the former rest on.

    ``cases``: rows of the cohort's table and their features. Raises ``CohortError`` for a table that does not fit.
    """
    cohort, embedding = cases
    asked = options.model_copy(update={"join": options.join or (model.join if options.by == model.by else None)})
    asked = asked.model_copy(update={"columns": (), "categories": ()})
    file = asked.file or Path()
    rows = read_clinical(file.expanduser(), asked, kinds=model.columns).joined(cohort)
    for note in rows.notes:
        progress.notice(note)
    good = np.array([row not in embedding.failures for row in range(len(cohort))], dtype=bool)
    task, count = bundle.task, len(cohort)
    columns: dict[str, Any] = {
        "prediction": [None] * count,
        **{f"p_{label}": np.full(count, np.nan) for label in task.labels},
        "image_prediction": [None] * count,
        **{f"image_p_{label}": np.full(count, np.nan) for label in task.labels},
        "answered_from": [""] * count,
    }
    if not good.any():
        return columns
    some, own = rows.take(good), embedding.bags.take(np.flatnonzero(good))
    image = bundle.head.answers(own)
    both = model.answers(image, some)
    alone = task.told(bundle.called(image))
    together = task.told(predicted_class(both, model.thresholds.get("both"), task.positive_index))
    told = [one if there else other for one, other, there in zip(together, alone, some.found, strict=True)]
    sentences = model.told(some)
    for place, row in enumerate(np.flatnonzero(good).tolist()):
        columns["prediction"][row], columns["image_prediction"][row] = told[place], alone[place]
        columns["answered_from"][row] = sentences[place]
    for column, label in enumerate(task.labels):
        columns[f"p_{label}"][good], columns[f"image_p_{label}"][good] = both[:, column], image[:, column]
    return columns

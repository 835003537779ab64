"""Stage of ``evaluate``: what a table tells of the cases of a new site. Groups of them join ``subgroups.json``; image
and clinical table, each alone and both, join ``fusion.json`` and ``fusion_predictions.parquet``.

Tables are joined before anything is computed, so that a wrong column costs nothing. Judged are the cases that judge the
image model: those that it was recalibrated by are left out here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medgraft.data.clinical.table import ClinicalRows
from medgraft.data.cohort.cohort import Cohort
from medgraft.errors import UsageError
from medgraft.experiment.config import FitConfig
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.evaluating import majority_of
from medgraft.experiment.stages.fusing import JudgedCases, fusion_numbers, fusion_predictions
from medgraft.experiment.stages.recalibrating import Recalibrated
from medgraft.experiment.stages.subgroups import answered_rows, group_columns, grouped_numbers
from medgraft.experiment.tables import read_table, write_table
from medgraft.experiment.with_table import clinical_model, rows_for
from medgraft.files import read_json, write_json
from medgraft.progress import Progress
from medgraft.transfer.fusion.keeping import ClinicalModel
from medgraft.transfer.models.bundle import Bundle

__all__ = ["ExternalTables"]


@dataclass(frozen=True)
class ExternalTables:
    """A row each a case of the evaluated cohort: ``groups`` (no column where none was asked for), clinical ``rows`` and
    the ``model`` of the run that takes them, both or neither."""

    groups: pd.DataFrame
    rows: ClinicalRows | None
    model: ClinicalModel | None

    @classmethod
    def joined(cls, config: FitConfig, run: Path, data: Path, cohort: Cohort, progress: Progress) -> ExternalTables:
        """As ``evaluation.by``, ``evaluation.bands`` and ``clinical`` of ``config`` ask. Raises ``UsageError`` for a
        clinical table where the run has none, ``ConfigError`` and ``CohortError`` for what does not fit."""
        model, rows = clinical_model(run, config.clinical), None
        if model is not None:
            rows = rows_for(model, config.clinical, cohort.table, progress)
            if not rows.found.any():
                raise UsageError(
                    f"evaluating with --clinical {config.clinical.file}: none of the {len(cohort)} cases has a row in "
                    "it; give the table of these patients, or leave the option out"
                )
        return cls(group_columns(config, cohort, rows, data), rows, model)

    def write(self, run: RunFolder, judged: Recalibrated, bundle: Bundle, meta: Mapping[str, Any]) -> None:
        """Of the cases that judge; ``meta`` of ``metrics.json``. The rows of ``judged`` are named by their place in the
        cohort."""
        if len(self.groups.columns):
            self._write_groups(run, judged, bundle, meta)
        if self.model is not None and self.rows is not None:
            self._write_fusion(run, judged, bundle, meta)

    def _write_groups(self, run: RunFolder, judged: Recalibrated, bundle: Bundle, meta: Mapping[str, Any]) -> None:
        evaluated, file = judged.evaluated, run / "subgroups.json"
        answered = answered_rows(evaluated.table, judged.probability, bundle, majority_of(meta, bundle.task))
        cells = self.groups.iloc[evaluated.table.index.to_numpy()]
        found = grouped_numbers(answered, cells, seed=evaluated.seed, replicates=evaluated.replicates)
        known = read_json(file) if file.is_file() else {"by": [], "splits": {}}
        by = list(dict.fromkeys([*known["by"], *cells.columns]))
        write_json(file, {"by": by, "splits": {**known["splits"], evaluated.part: found}})

    def _write_fusion(self, run: RunFolder, judged: Recalibrated, bundle: Bundle, meta: Mapping[str, Any]) -> None:
        evaluated, model, rows = judged.evaluated, self.model, self.rows
        if model is None or rows is None:
            return
        places = evaluated.table.index.to_numpy()
        there = np.flatnonzero(rows.found[places])
        if not len(there):
            return
        image, own = judged.probability[there], rows.take(places[there])
        chances = {"image": image, "table": model.fusion.of_table(own), "both": model.fusion.of_both(image, own)}
        part = JudgedCases(evaluated.table.iloc[there], chances, len(places) - len(there))
        numbers = fusion_numbers(
            part,
            bundle,
            model,
            majority_of(meta, bundle.task),
            seed=evaluated.seed,
            replicates=evaluated.replicates,
        )
        content = {key: value for key, value in read_json(run / "fusion.json").items() if key != "format_version"}
        splits = {**content["splits"], evaluated.part: numbers}
        write_json(run / "fusion.json", {**content, "splits": splits})
        file = run / "fusion_predictions.parquet"
        after = [fusion_predictions({evaluated.part: part}, bundle.task)]
        if file.is_file():
            before = read_table(file)
            after.insert(0, before[before["split"] != evaluated.part])
        write_table(file, pd.concat(after, ignore_index=True))

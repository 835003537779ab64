"""Stage: the numbers by group of cases (sex, age band, site, …), each beside the rest; writes ``subgroups.json``.

A column is ``site`` or ``modality`` of the cohort, a column of the clinical table, or one of the table that DATA is. A
number of more than six values is cut where ``evaluation.bands`` says, else at its thirds over all cases. The groups of
a case are private; what is written are groups of five patients and more.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.clinical.table import ClinicalRows, column_values
from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.table import listing_table
from medgraft.errors import CohortError, ConfigError, MedgraftError
from medgraft.experiment.config import FitConfig
from medgraft.experiment.stages.evaluating import Majority, patient_numbers, train_majority
from medgraft.experiment.stages.workspace import Workspace
from medgraft.files import write_json
from medgraft.measure.subgroups import Answered, subgroups
from medgraft.registry import nearest
from medgraft.transfer.models.bundle import Bundle

__all__ = ["answered_rows", "group_columns", "grouped_numbers", "subgroup_stage"]

_OWN = ("site", "modality")
_MOST_VALUES = 6
"""A number with more different values is cut into bands."""


def group_columns(config: FitConfig, cohort: Cohort, clinical: ClinicalRows | None, data: Path) -> pd.DataFrame:
    """The groups that ``evaluation.by`` names, as text with ``None``, a row a case of the cohort in order.

    Raises ``ConfigError`` for a column that is nowhere, and with several labels a case.
    """
    wanted, bands = config.evaluation.by, config.evaluation.bands
    strays = sorted(set(bands) - set(wanted))
    if strays:
        raise ConfigError(f"evaluation.bands of {', '.join(strays)}: evaluation.by does not name it; add it to --by")
    if wanted and cohort.multi_label:
        raise ConfigError("--by with several labels a case: groups are compared by one label; give it with --label-col")
    known = {name: cohort.table[name] for name in _OWN}
    if clinical is not None:
        known |= {column.name: clinical.values[column.name] for column in clinical.columns}
    missing = [name for name in wanted if name not in known]
    if missing:
        known |= _listed(missing, config.data, cohort, data, list(known))
    return pd.DataFrame({name: _banded(known[name], bands.get(name)) for name in wanted}, index=cohort.table.index)


def _listed(
    names: Sequence[str], options: CohortOptions, cohort: Cohort, data: Path, known: Sequence[str]
) -> dict[str, pd.Series]:
    """Columns of the table that DATA is, joined by path."""
    listed = listing_table(data.expanduser().resolve(), options)
    header = () if listed is None else listed.rows.header
    for name in names:
        if name not in header:
            there = list(dict.fromkeys([*known, *header]))
            raise ConfigError(
                f"--by {name}: there is no such column{nearest(name, there)}; there are {', '.join(there)}"
            )
    if listed is None:
        return {}
    places = {str(place): row for row, place in reversed(list(enumerate(listed.places)))}
    rows = np.array([places.get(str(path), -1) for path in cohort.table["path"]], dtype=np.int64)
    if (rows < 0).all():
        raise CohortError(f"--by {', '.join(names)}: the rows of {listed.path.name} are about none of the cases")
    values = {name: column_values(name, listed.rows, listed.path) for name in names}
    return {name: column.reindex(rows).reset_index(drop=True) for name, column in values.items()}


def _banded(column: pd.Series, cuts: Sequence[float] | None) -> list[str | None]:
    """Groups as text: names as they are, numbers of few values as they are, others by bands."""
    if not pd.api.types.is_numeric_dtype(column):
        return [None if pd.isna(cell) else str(cell) for cell in column]
    known = column.dropna().to_numpy(dtype=np.float64)
    if cuts is None and len(np.unique(known)) <= _MOST_VALUES:
        return [None if pd.isna(cell) else f"{cell:g}" for cell in column]
    edges = np.unique(np.asarray(cuts if cuts is not None else _thirds(known), dtype=np.float64))
    between = [f"{low:g} to under {high:g}" for low, high in itertools.pairwise(edges.tolist())]
    names = [f"under {edges[0]:g}", *between, f"{edges[-1]:g} and over"]
    return [None if pd.isna(cell) else names[int(np.searchsorted(edges, cell, side="right"))] for cell in column]


def _thirds(known: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where bands of as many cases each begin; whole where the numbers are, as years are."""
    edges = np.quantile(known, [1 / 3, 2 / 3])
    return np.ceil(edges) if (known == np.round(known)).all() else edges


def subgroup_stage(work: Workspace) -> None:
    """Of the test cases, and of cross-validation by the mean over its repeats. Nothing where no column was named."""
    if work.by is None or not len(work.by.columns):
        return
    if work.bundle is None:
        raise MedgraftError("judging subgroups: an earlier stage has not run")
    place = {str(case): row for row, case in enumerate(work.cohort.table["case_id"])}
    found = dict[str, Any]()
    for part in ("test", "cv"):
        rows = work.predictions[work.predictions["split"] == part]
        if not len(rows):
            continue
        answered, cases = _answered(work, rows)
        cells = work.by.iloc[[place[case] for case in cases]]
        options = {"seed": work.config.seed, "replicates": work.config.evaluation.replicates}
        found[part] = grouped_numbers(answered, cells, **options)
    write_json(work.run / "subgroups.json", {"by": list(work.by.columns), "splits": found})


def grouped_numbers(answered: Answered, cells: pd.DataFrame, *, seed: int, replicates: int) -> dict[str, Any]:
    """Of cases and their groups, a row of ``cells`` each: the entry of a part."""
    columns = {name: [None if pd.isna(x) else str(x) for x in cells[name]] for name in cells.columns}
    return subgroups(answered, columns, seed=seed, replicates=replicates)


def _answered(work: Workspace, rows: pd.DataFrame) -> tuple[Answered, list[str]]:
    """One answer a case, and the cases."""
    if work.bundle is None or work.split is None:
        raise MedgraftError("judging subgroups: an earlier stage has not run")
    cases = rows.groupby("case_id", sort=False)
    chances = cases[[f"p_{label}" for label in work.task.labels]].mean().to_numpy(dtype=np.float64)
    first = rows.drop_duplicates("case_id").rename(columns={"y_true": "label"})
    answered = answered_rows(first, chances, work.bundle, train_majority(work, work.split))
    return answered, [str(case) for case in first["case_id"]]


def answered_rows(table: pd.DataFrame, chances: NDArray[np.float64], bundle: Bundle, majority: Majority) -> Answered:
    """Cases with ``label`` and ``patient_id``, and the bundle's mended probabilities (n, classes)."""
    task, calibration = bundle.task, bundle.calibration
    return Answered(
        truth=task.targets(table),
        chances=chances,
        called=bundle.called(chances),
        patients=patient_numbers(table["patient_id"]),
        labels=task.labels,
        positive=task.positive,
        majority=majority if isinstance(majority, int) else 0,
        threshold=calibration.threshold,
        threshold_from=calibration.threshold_from,
    )

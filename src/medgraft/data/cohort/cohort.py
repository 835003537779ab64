"""The cohort: a table of cases, sorted by where they lie, with unknown as a value of its own.

In memory the table holds paths and patient ids as the user gave them (columns ``path`` and ``patient``);
``public()`` is what may leave ``private/``: keyed hashes only. Column meanings:

    case_id     16 hex digits, HMAC of the file's content (and member), unique, the key of every join
    patient_id  16 hex digits, HMAC of ``patient``; NaN where unknown
    site        hospital, scanner or data set; NaN where unknown
    modality    a ``Modality`` value
    label       class name as text; NaN where unlabelled
    label:NAME  only where a case has several labels (see ``targets``): 1, 0 or NaN for each
    split       train | val | test as given with the data; NaN where the data give none
    path        the file (absolute); private
    member      "" for a file with one picture, else which one ("train_images/115", frame "3"); private
    patient     as given; NaN where unknown; private
    sha256      of the file's bytes; private
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.cohort.targets import PREFIX, targets_of

__all__ = ["PRIVATE_COLUMNS", "PUBLIC_COLUMNS", "Cohort", "Quarantined"]

PUBLIC_COLUMNS = ("case_id", "patient_id", "site", "modality", "label", "split")
PRIVATE_COLUMNS = ("path", "member", "patient", "sha256")


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A case that was set aside, and why. ``path`` goes to the terminal only; ``reason`` names no patient."""

    case_id: str
    path: str
    reason: str


@dataclass(frozen=True)
class Cohort:
    """Cases in their final order (sorted by path, then member: random draws use this index).

    ``classes`` are the class names, sorted, or the names of the labels in the order given with the data. ``kind``
    says in words how the data were understood ("table manifest.csv, 1000 rows; it wins over the class
    folders"). ``name`` is a short display name. ``notes`` are things that the user should know.
    """

    table: pd.DataFrame
    classes: tuple[str, ...]
    kind: str
    name: str
    quarantined: tuple[Quarantined, ...] = ()
    notes: tuple[str, ...] = ()
    dropped_rows: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def has_patients(self) -> bool:
        """Whether every case's patient is known."""
        return bool(self.table["patient_id"].notna().all()) and len(self.table) > 0

    @property
    def has_given_split(self) -> bool:
        """Whether the data come with a split."""
        return bool(self.table["split"].notna().any())

    @property
    def multi_label(self) -> bool:
        """Whether a case has several labels."""
        return any(str(name).startswith(PREFIX) for name in self.table.columns)

    def strata(self) -> NDArray[np.generic]:
        """What a split keeps in proportion: the label of each case (n,), or its targets (n, labels)."""
        if self.multi_label:
            return targets_of(self.table)
        return self.table["label"].to_numpy(dtype=object).astype(str)

    @property
    def strata_names(self) -> tuple[str, ...]:
        """Of ``strata``: the classes, or each label and its absence (all labels first)."""
        return (*self.classes, *(f"no {name}" for name in self.classes)) if self.multi_label else self.classes

    def pixels_digest(self) -> str:
        """sha256 over the content of every case, in order; labels, patients and splits are not in it."""
        text = self.table[["sha256", "member"]].astype(str).to_csv(index=False)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def public(self) -> pd.DataFrame:
        """The columns that may be written outside ``private/``."""
        targets = [name for name in self.table.columns if str(name).startswith(PREFIX)]
        return self.table.loc[:, [*PUBLIC_COLUMNS, *targets]].copy()

    def links(self) -> pd.DataFrame:
        """What connects a case id to the house: for ``private/links.parquet`` only."""
        return self.table.loc[:, ["case_id", "path", "member", "patient", "sha256"]].copy()

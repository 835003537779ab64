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

A cohort with masks or boxes has no labels, and more columns:

    outlined     names of the classes that are outlined, joined by " + ", "" for none: to stratify by; private
    mask         with masks only: their files, a JSON list of absolute paths, see ``masks_of``; private
    mask_sha256  with masks only: of the bytes of these files; private
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.cohort.targets import PREFIX, targets_of
from medgraft.data.outlines.boxes import Boxes
from medgraft.data.outlines.legend import Legend

__all__ = ["OUTLINE_COLUMNS", "PRIVATE_COLUMNS", "PUBLIC_COLUMNS", "Cohort", "Quarantined", "Target", "masks_of"]

Target = Literal["labels", "masks", "boxes"]
"""What the cases of a cohort are answered with."""

PUBLIC_COLUMNS = ("case_id", "patient_id", "site", "modality", "label", "split")
PRIVATE_COLUMNS = ("path", "member", "patient", "sha256")
JOINT = " + "
"""Between names of classes in the column ``outlined``."""
_FEW = 6
"""Patients: a set of classes that fewer have is no stratum of its own."""
OUTLINE_COLUMNS = ("mask", "mask_sha256", "outlined")
"""Private, too; there where the target is masks (all) or boxes (the last)."""


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

    ``target``: the answer to a case is its label, its mask or its boxes. With masks, ``classes`` are those of
    ``legend`` and ``read_mask`` reads them; with boxes, they are the labels of boxes, and ``boxes`` has every
    case by its id.
    """

    table: pd.DataFrame
    classes: tuple[str, ...]
    kind: str
    name: str
    quarantined: tuple[Quarantined, ...] = ()
    notes: tuple[str, ...] = ()
    dropped_rows: dict[str, int] = field(default_factory=dict)
    target: Target = "labels"
    legend: Legend | None = None
    boxes: Mapping[str, Boxes] | None = None

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
        """What a split keeps in proportion: the label of each case (n,), or its targets (n, labels); of outlines which
        classes are there, sets of classes that few patients have counted with the commonest one."""
        if self.multi_label:
            return targets_of(self.table)
        if self.target == "labels":
            return self.table["label"].to_numpy(dtype=object).astype(str)
        held = self.table["outlined"].fillna("").astype(str)
        units = self.table["patient_id"].fillna(self.table["case_id"]).groupby(held).nunique()
        rare = set(units.index[units < _FEW])
        return held.where(~held.isin(rare), str(units.idxmax())).to_numpy(dtype=object).astype(str)

    @property
    def strata_names(self) -> tuple[str, ...]:
        """Of ``strata``: the classes, or each label and its absence (all labels first)."""
        if self.target != "labels":
            return tuple(np.unique(self.strata()).tolist())
        return (*self.classes, *(f"no {name}" for name in self.classes)) if self.multi_label else self.classes

    def outlines(self, name: str) -> NDArray[np.bool_]:
        """(n,) whether the class is outlined in a case."""
        return np.array([name in str(cell).split(JOINT) for cell in self.table["outlined"]], dtype=np.bool_)

    def pixels_digest(self) -> str:
        """sha256 over the content of every case, in order; labels, patients and splits are not in it."""
        text = self.table[["sha256", "member"]].astype(str).to_csv(index=False)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def outlines_digest(self) -> str:
        """sha256 over the masks and what their values mean, or over the boxes, in order; "" where there are labels."""
        if self.target == "labels":
            return ""
        digest = hashlib.sha256(self.target.encode())
        if self.legend is not None:
            digest.update(json.dumps(self.legend.to_json(), sort_keys=True).encode("utf-8", "surrogateescape"))
            digest.update("\n".join(self.table["mask_sha256"].astype(str)).encode())
        for boxes in (self.boxes or {}).values():
            digest.update(json.dumps(boxes.rows).encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def public(self) -> pd.DataFrame:
        """The columns that may be written outside ``private/``."""
        targets = [name for name in self.table.columns if str(name).startswith(PREFIX)]
        return self.table.loc[:, [*PUBLIC_COLUMNS, *targets]].copy()

    def links(self) -> pd.DataFrame:
        """What connects a case id to the house: for ``private/links.parquet`` only."""
        more = [name for name in OUTLINE_COLUMNS if name in self.table.columns]
        return self.table.loc[:, ["case_id", "path", "member", "patient", "sha256", *more]].copy()


def masks_of(cell: str) -> tuple[Path, ...]:
    """The files that a cell of the column ``mask`` names, in order."""
    return tuple(Path(name) for name in json.loads(cell))

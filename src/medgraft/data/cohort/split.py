"""train, val, test: made (patient-grouped, stratified, seeded) or kept as given and mended.

``groups`` says which cases belong together (a patient, a duplicate); nothing here ever parts a group, except
``on_leak="keep"`` on a split that came with the data, and then the split says that it leaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.folds import assign_parts, membership
from medgraft.data.cohort.labels import require_trainable
from medgraft.data.cohort.leaks import Dropped, find_leaks
from medgraft.errors import CohortError, LeakageError
from medgraft.types import SPLITS

__all__ = ["LeakPolicy", "Split", "make_split"]

LeakPolicy = Literal["drop", "error", "keep"]

_MOST_LOST = 0.20


@dataclass(frozen=True)
class Split:
    """Case ids by part, in the order of the cohort. ``fractions`` are those asked for (of all cases)."""

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]
    given: bool
    seed: int
    fractions: Mapping[str, float]
    leak_policy: LeakPolicy = "drop"
    leaking: bool = False
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()

    def part_of(self) -> dict[str, str]:
        """case id → train | val | test; dropped cases are absent."""
        return {case: part for part in SPLITS for case in getattr(self, part)}

    def to_json(self) -> dict[str, Any]:
        """The content of ``split.json``."""
        return {
            "given": self.given,
            "seed": self.seed,
            "fractions": dict(self.fractions),
            "leak_policy": self.leak_policy,
            "leaking": self.leaking,
            **{part: list(getattr(self, part)) for part in SPLITS},
            "dropped": [{"case": item.case, "from": item.part, "reason": item.reason} for item in self.dropped],
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Split:
        """What ``to_json`` gave."""
        return cls(
            train=tuple(content["train"]),
            val=tuple(content["val"]),
            test=tuple(content["test"]),
            given=bool(content["given"]),
            seed=int(content["seed"]),
            fractions=dict(content["fractions"]),
            leak_policy=content["leak_policy"],
            leaking=bool(content["leaking"]),
            dropped=tuple(Dropped(item["case"], item["from"], item["reason"]) for item in content["dropped"]),
            notes=tuple(content.get("notes", ())),
        )


def make_split(
    cohort: Cohort,
    groups: NDArray[np.int64],
    *,
    seed: int,
    fractions: tuple[float, float, float] = (0.64, 0.16, 0.20),
    on_leak: LeakPolicy = "drop",
    need_val: bool = True,
) -> Split:
    """The split of ``cohort``; ``groups`` is ``(n,)``, one number a row. Without ``need_val`` train takes
    val's share.

    A split that comes with the data is kept, its leaks are treated as ``on_leak`` says, and a missing val is
    carved from train. Raises ``CohortError`` (labels, classes, parts) and ``LeakageError``.
    """
    _check_fractions(fractions, need_val)
    if cohort.has_given_split:
        return _given(cohort, groups, Split((), (), (), True, seed, _named(fractions), on_leak), need_val)
    require_trainable(cohort)
    table = cohort.table
    train, val, test = fractions
    shares = {"train": train, "val": val, "test": test} if need_val else {"train": train + val, "test": test}
    parts = assign_parts(
        cohort.strata(), groups, fractions=list(shares.values()), seed=seed, names=_sorted_names(cohort)
    )
    assigned = pd.Series([list(shares)[part] for part in parts], index=table.index)
    train_ids, val_ids, test_ids = _ids(table, assigned)
    return Split(train_ids, val_ids, test_ids, False, seed, _named(fractions), on_leak)


def _ids(table: pd.DataFrame, part: pd.Series) -> tuple[tuple[str, ...], ...]:
    """The case ids of train, val and test, in the order of the cohort."""
    return tuple(tuple(table.loc[part == name, "case_id"].astype(str)) for name in SPLITS)


def _named(fractions: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(SPLITS, (float(value) for value in fractions), strict=True))


def _check_fractions(fractions: tuple[float, float, float], need_val: bool) -> None:
    train, val, test = fractions
    if min(train, test) <= 0 or val < 0 or (need_val and val == 0) or abs(train + val + test - 1.0) > 1e-6:
        raise CohortError(
            f"splitting the cases: the fractions are {train:g}, {val:g}, {test:g}; positive ones for train, "
            "val and "
            "test that sum to 1 are needed"
        )


def _given(cohort: Cohort, groups: NDArray[np.int64], plan: Split, need_val: bool) -> Split:
    """The split that comes with the data, mended as ``plan.leak_policy`` says."""
    table = cohort.table
    _check_given(cohort)
    leaks = find_leaks(table, groups)
    if leaks:
        _refuse_leaks(table, leaks, plan.leak_policy)
    dropped = leaks if plan.leak_policy == "drop" else []
    gone = {item.case for item in dropped}
    part = table["split"].where(~table["case_id"].isin(gone))
    notes: list[str] = []
    if need_val and not (part == "val").any():
        part = _carve_val(cohort, part, groups, plan)
        notes.append(f"the given split has no val: {int((part == 'val').sum())} cases were taken from train")
    absent = _absent(cohort, part == "train")
    if absent:
        after = " after its leaks were mended" if dropped else ""
        raise CohortError(
            f"using the given split: train has no case of the class {absent[0]!r}{after}; add some, or leave "
            "the split "
            "column or folders out so that medgraft splits"
        )
    notes += [f"the given test part has no case of the class {name}" for name in _absent(cohort, part == "test")]
    train_ids, val_ids, test_ids = _ids(table, part)
    return Split(
        train_ids,
        val_ids,
        test_ids,
        given=True,
        seed=plan.seed,
        fractions=plan.fractions,
        leak_policy=plan.leak_policy,
        leaking=bool(leaks) and plan.leak_policy == "keep",
        dropped=tuple(dropped),
        notes=tuple(notes),
    )


def _sorted_names(cohort: Cohort) -> tuple[str, ...]:
    """The names of ``strata`` in the order of ``membership``."""
    return cohort.strata_names if cohort.multi_label else tuple(np.unique(cohort.strata()).astype(str))


def _absent(cohort: Cohort, rows: pd.Series) -> list[str]:
    """Classes without a case in ``rows``, in the cohort's order."""
    if cohort.target != "labels":
        return [name for name in cohort.classes if not (cohort.outlines(name) & rows.to_numpy(dtype=bool)).any()]
    inside = membership(cohort.strata())[1][rows.to_numpy(dtype=bool)].any(axis=0)
    there = dict(zip(_sorted_names(cohort), inside, strict=True))
    return [name for name in cohort.strata_names if not there.get(name, False)]


def _check_given(cohort: Cohort) -> None:
    """Every case has a label and a part, and there is something to learn from and to test on."""
    table = cohort.table
    unlabelled = int(table["label"].isna().sum()) if cohort.target == "labels" else 0
    if unlabelled:
        raise CohortError(f"using the given split: {unlabelled} of {len(table)} cases have no label; label all of them")
    if cohort.target == "labels" and not cohort.multi_label and table["label"].nunique() < 2:
        raise CohortError(
            f"using the given split: one class only, {table['label'].iloc[0]!r}; at least two classes are needed"
        )
    unknown = int(table["split"].isna().sum())
    if unknown:
        raise CohortError(
            f"using the given split: {unknown} of {len(table)} cases have no part while the others have one; "
            "fill in "
            "train, val or test, or leave the split out"
        )
    found = set(table["split"])
    for part in ("train", "test"):
        if part not in found:
            raise CohortError(
                f"using the given split: it has no {part} cases (only {', '.join(sorted(found))}); add "
                f"{part} rows, or "
                "leave the split column or folders out so that medgraft splits"
            )


def _refuse_leaks(table: pd.DataFrame, leaks: list[Dropped], policy: LeakPolicy) -> None:
    """Raise where the leaks may not, or cannot sensibly, be mended."""
    by_patient = sum(item.reason.startswith("patient") for item in leaks)
    copies = len(leaks) - by_patient
    found = f"{by_patient} cases of patients and {copies} duplicates that also stand in a later part"
    if policy == "error":
        raise LeakageError(
            f"using the given split: {found}; --on-leak error does not allow it. Correct the split, or let "
            "--on-leak drop take them out of the earlier part"
        )
    training = int((table["split"] == "train").sum())
    lost = sum(item.part == "train" for item in leaks)
    if policy == "drop" and lost > _MOST_LOST * training:
        raise LeakageError(
            f"using the given split: {found}; mending it would take {lost} of {training} training cases "
            f"({lost / training:.0%}, at most {_MOST_LOST:.0%} is allowed). Correct the split, or leave it "
            "out so "
            "that medgraft splits by patient"
        )


def _carve_val(cohort: Cohort, part: pd.Series, groups: NDArray[np.int64], plan: Split) -> pd.Series:
    """``part`` with a grouped, stratified share of train turned into val."""
    rows = np.flatnonzero((part == "train").to_numpy(dtype=bool))
    labels, names = cohort.strata()[rows], _sorted_names(cohort) if cohort.multi_label else None
    share = plan.fractions["val"] / (plan.fractions["train"] + plan.fractions["val"])
    carved = assign_parts(labels, groups[rows], fractions=[1.0 - share, share], seed=plan.seed, names=names)
    part = part.copy()
    part.iloc[rows[carved == 1]] = "val"
    return part

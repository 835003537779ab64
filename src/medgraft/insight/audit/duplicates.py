"""Exact duplicates: cases with the same pixels, and the groups of cases that may not be parted.

Same pixels means an equal ``pixel_hash`` (shape, depth and values), whatever the file format around them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.insight.audit.check import CHECKS, Material

__all__ = ["case_groups", "exact_duplicates", "same_pixels"]


def case_groups(
    cohort_table: pd.DataFrame, pixel_hash: Sequence[str | None], pairs: Iterable[tuple[int, int]] = ()
) -> NDArray[np.int64]:
    """A group number for every row: cases of one patient, with the same pixels, or of one of ``pairs`` (of rows) share
    it (transitively).

    Pictures of one file (pages, frames) share it too, except in an ``.npz`` archive. Numbers count up from 0
    in the order of the cohort. ``None`` in ``pixel_hash`` is unknown and joins nothing.
    """
    parent = list(range(len(cohort_table)))
    _join(parent, pixel_hash)
    _join(parent, [str(value) if pd.notna(value) else None for value in cohort_table["patient_id"]])
    if "path" in cohort_table:
        _join(parent, [_one_file(str(path)) for path in cohort_table["path"]])
    for one, other in pairs:
        _unite(parent, one, other)
    roots = [_root(parent, index) for index in range(len(parent))]
    number: dict[int, int] = {}
    return np.asarray([number.setdefault(root, len(number)) for root in roots], dtype=np.int64)


def _one_file(path: str) -> str | None:
    return None if PurePath(path).suffix.lower() == ".npz" else path


def _root(parent: list[int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index


def _join(parent: list[int], keys: Iterable[Hashable | None]) -> None:
    """Union of all rows with the same key."""
    first: dict[Hashable, int] = {}
    for index, key in enumerate(keys):
        if key is not None:
            _unite(parent, index, first.setdefault(key, index))


def _unite(parent: list[int], one: int, other: int) -> None:
    here, there = _root(parent, one), _root(parent, other)
    parent[max(here, there)] = min(here, there)


def same_pixels(material: Material) -> list[list[str]]:
    """Groups of two or more cases with the same pixels, in the order of the cohort."""
    by_hash: dict[str, list[str]] = {}
    for case in material.cases():
        by_hash.setdefault(material.facts[case].pixel_hash, []).append(case)
    return [cases for cases in by_hash.values() if len(cases) > 1]


@CHECKS.register("exact-duplicates")
def exact_duplicates(material: Material) -> dict[str, list[Any]]:
    """``duplicates``: every group of cases with the same pixels, with the part and label of each."""
    labels: Mapping[str, str | None] = material.labels()
    return {
        "duplicates": [
            {
                "kind": "exact",
                "cases": cases,
                "splits": [material.part.get(case) for case in cases],
                "labels": [labels[case] for case in cases],
            }
            for cases in same_pixels(material)
        ]
    }

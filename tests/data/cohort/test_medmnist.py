"""MedMNIST archives, read without decoding a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medgraft.data.cohort.medmnist import resolve_npz
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.resolver import Found


@pytest.mark.parametrize("labels", [np.array([0, 1]), np.array([[0.0], [1.0]]), np.array(["0", "1"])])
def test_labels_of_any_type_become_text(tmp_path: Path, labels: np.ndarray) -> None:
    np.savez_compressed(tmp_path / "x.npz", val_images=np.zeros((2, 3, 3), np.uint8), val_labels=labels)
    found = resolve_npz(tmp_path, CohortOptions())
    assert isinstance(found, Found)
    assert [(d.member, d.label, d.split) for d in found.drafts] == [
        ("val_images/0", "0", "val"),
        ("val_images/1", "1", "val"),
    ]


def test_missing_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", test_images=np.zeros((2, 3, 3), np.uint8), test_labels=np.array([np.nan, 1]))
    found = resolve_npz(tmp_path / "x.npz", CohortOptions())
    assert isinstance(found, Found)
    assert [draft.label for draft in found.drafts] == [None, "1"]

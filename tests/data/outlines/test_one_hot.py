"""Channels on a fourth axis are classes, counted from 1, or from 0 where the first is the background."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from medgraft.data.outlines.one_hot import is_one_hot, read_one_hot
from medgraft.errors import ReaderError

LABELS = np.random.default_rng(0).integers(0, 4, (3, 4, 5))


def put(path: Path, values: np.ndarray) -> Path:
    nibabel.save(nibabel.Nifti1Image(values.astype(np.uint8), np.eye(4)), path)
    return path


@pytest.mark.parametrize("first", [0, 1])
def test_channels_are_numbers(tmp_path: Path, first: int) -> None:
    channels = np.stack([value == LABELS for value in range(first, 4)], axis=-1)
    path = put(tmp_path / "a.nii.gz", channels * 255)
    assert is_one_hot(path)
    assert read_one_hot(path, 100).tolist() == LABELS.tolist()


def test_one_volume_is_none(tmp_path: Path) -> None:
    assert not is_one_hot(put(tmp_path / "a.nii", LABELS))
    assert not is_one_hot(put(tmp_path / "b.nii", LABELS[..., None]))


def test_overlap_other_values_and_size_are_refused(tmp_path: Path) -> None:
    both = np.stack([LABELS > 1, LABELS > 2], axis=-1)
    overlap = int((LABELS > 2).sum())
    with pytest.raises(ReaderError, match=f"overlap in {overlap} voxels"):
        read_one_hot(put(tmp_path / "a.nii", both), 100)
    with pytest.raises(ReaderError, match="channel 2 holds more than zero and one other"):
        read_one_hot(put(tmp_path / "b.nii", np.stack([LABELS == 1, LABELS], axis=-1)), 100)
    with pytest.raises(ReaderError, match="million are allowed"):
        read_one_hot(put(tmp_path / "c.nii", both), 10)

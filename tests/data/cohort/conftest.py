"""Small real files, painted where a test needs them, and a cohort of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image as PillowImage

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort
from medgraft.data.imaging.reader import ImageReader
from medgraft.home import Home

SIZE = (8, 10)


def _painted(path: Path, values: np.ndarray | None = None, *, seed: int | None = None) -> Path:
    """A picture (noise, from its path's length and name) or a mask (``values``), or a NIfTI volume."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if values is None:
        draw = np.random.default_rng(sum(path.as_posix().encode()) if seed is None else seed)
        values = draw.integers(0, 256, SIZE, dtype=np.uint8)
    if path.name.endswith((".nii", ".nii.gz")):
        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), path)
    else:
        PillowImage.fromarray(values).save(path)
    return path


@pytest.fixture(scope="session")
def paint() -> Callable[..., Path]:
    return _painted


@pytest.fixture(scope="session")
def square() -> Callable[..., np.ndarray]:
    """A mask of the size of painted pictures, ``value`` in a square."""

    def _square(value: int = 255, size: tuple[int, int] = SIZE, top: int = 2) -> np.ndarray:
        mask = np.zeros(size, dtype=np.uint8)
        mask[top : top + 3, 3:7] = value
        return mask

    return _square


@pytest.fixture
def outlined(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Cohort]:
    home = Home(tmp_path_factory.mktemp("house"))

    def _read(data: Path, **options: object) -> Cohort:
        return read_cohort(data, CohortOptions.model_validate(options), home=home, reader=ImageReader())

    return _read

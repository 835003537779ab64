"""Pictures with fine structure, their facts, and cohorts around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.imaging.facts import PixelFacts, pixel_facts
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.preprocess import Preprocessing

RECIPE = Preprocessing(size=64, channels=1)


@pytest.fixture(scope="session")
def textured() -> Callable[..., np.ndarray]:
    """``textured(seed, size)``: a picture (size, size) in [0, 1]; all change slowly alike, each has its own detail."""

    def made(seed: int, size: int = 160) -> np.ndarray:
        noise = np.random.default_rng(seed).normal(size=(size, size))
        fine = ndimage.gaussian_filter(noise, size / 90)
        slow = np.hypot(*np.meshgrid(*[np.linspace(-1, 1, size)] * 2))
        return np.clip(0.55 - 0.3 * slow + 0.12 * fine / fine.std(), 0, 1)

    return made


@pytest.fixture(scope="session")
def facts_of() -> Callable[..., PixelFacts]:
    """``facts_of(picture, **image)``: the facts of a picture in [0, 1] that is stored in 8 bits."""

    def made(picture: np.ndarray, **image: object) -> PixelFacts:
        stored = Image(np.rint(picture * 255).astype(np.uint8)[None], 0, 255, **image)
        return pixel_facts(stored, RECIPE.apply(stored))

    return made


@pytest.fixture(scope="session")
def cohort_of() -> Callable[..., Cohort]:
    """``cohort_of(labels, patients, sites, splits)``: cases 0…n-1 with 16-digit ids."""

    def made(
        labels: Sequence[str | None],
        patients: Sequence[str | None] | None = None,
        sites: Sequence[str | None] | None = None,
        splits: Sequence[str | None] | None = None,
    ) -> Cohort:
        count = len(labels)
        columns = {
            "case_id": [f"{number:016x}" for number in range(count)],
            "patient_id": patients or [None] * count,
            "site": sites or [None] * count,
            "modality": ["unknown"] * count,
            "label": list(labels),
            "split": splits or [None] * count,
            "path": [f"/data/{number}.png" for number in range(count)],
            "member": [""] * count,
        }
        text = pd.StringDtype(na_value=float("nan"))
        table = pd.DataFrame({name: pd.Series(values, dtype=text) for name, values in columns.items()})
        return Cohort(table, tuple(sorted({label for label in labels if label is not None})), "test", "test")

    return made

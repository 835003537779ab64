"""The contract of a detector of strange cases, and the registry of them: how far features are from those learnt from.

    fit(features, codes, patients) -> detector       on the training cases
    detector(features) -> distance                   (n, d) -> (n,), higher is stranger, from 0

A detector is plain data: ``tensors()`` (float32) and ``facts()`` are all of it, and ``restore`` makes it again; equal
parts give equal answers. It was fitted on the training cases, so that their own distances are too small: a bound comes
from other cases (``gate``). ``gallery``: it holds rows of single patients, which a bundle does not unless asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.patients import Patients
from medgraft.registry import Registry

__all__ = ["DETECTORS", "Detector", "checked_features", "standardisation"]

Floats = NDArray[np.float64]


class Detector(Protocol):
    """One way to measure strangeness; ``kind`` is its name, ``summary`` its definition in a sentence."""

    kind: ClassVar[str]
    summary: ClassVar[str]

    @property
    def gallery(self) -> bool:
        """See the module."""
        ...

    @classmethod
    def fit(cls, features: Floats, codes: NDArray[np.intp], patients: Patients) -> Self:
        """Of checked features (n, d) and class codes (n,) in [0, k), every code with a case."""
        ...

    def __call__(self, features: NDArray[Any]) -> Floats:
        """(n,) distances. Raises ``UsageError`` for another width, ``DataError`` for what is not finite."""
        ...

    def tensors(self) -> dict[str, NDArray[Any]]:
        """All arrays, by name."""
        ...

    def facts(self) -> dict[str, Any]:
        """All else: plain data."""
        ...

    @classmethod
    def restore(cls, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Self:
        """The detector that gave these. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for what does not fit."""
        ...


DETECTORS: Registry[type[Detector]] = Registry("detector of strange cases")


def checked_features(features: NDArray[Any], doing: str, width: int | None = None) -> Floats:
    """(n, d) float64, finite, of ``width`` where that is known."""
    rows = np.asarray(features, dtype=np.float64)
    if rows.ndim != 2 or not rows.shape[1] or (width is not None and rows.shape[1] != width):
        wanted = "(n, d)" if width is None else f"(n, {width}), as those that were learnt from"
        raise UsageError(f"{doing}: features of shape {rows.shape}; need {wanted}")
    if not np.isfinite(rows).all():
        bad = int((~np.isfinite(rows)).any(axis=1).sum())
        raise DataError(f"{doing}: {bad} of {len(rows)} cases have features that are not finite; leave these cases out")
    return rows


def standardisation(features: Floats) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and spread (d,) of each feature. One that never moves has a spread of 1: where it does move, it counts."""
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 1e-6 * np.maximum(1.0, np.abs(mean)), scale, 1.0)
    return mean.astype(np.float32), scale.astype(np.float32)

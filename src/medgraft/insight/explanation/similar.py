"""Similar cases: the training cases whose features are most like those of a new one, with their labels.

Likeness is the cosine after standardisation by the training cases, as the head ``gallery`` sees it. A gallery holds a
row of every training case: it stays in the house, and goes into a bundle only where that was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from medgraft.errors import ArtifactError, UsageError
from medgraft.files import read_json, write_bytes, write_json
from medgraft.transfer.models.heads.gallery import unit_rows

__all__ = ["Gallery", "Neighbour", "read_gallery"]

_ROWS, _FACTS = "gallery.safetensors", "gallery.json"


@dataclass(frozen=True)
class Neighbour:
    """A training case: its keyed id, its label, and its likeness from −1 to 1."""

    case_id: str
    label: str
    cosine: float


@dataclass(frozen=True)
class Gallery:
    """``rows`` (n, d) float16 of length one; ``mean`` and ``scale`` (d,) of what they were; ``cases`` and ``labels``
    (n,)."""

    rows: NDArray[np.float16]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    cases: Sequence[str]
    labels: Sequence[str]

    @classmethod
    def of(cls, features: NDArray[np.float32], cases: Sequence[str], labels: Sequence[str]) -> Gallery:
        """From the training cases' features (n, d); a feature that never differs counts for nothing."""
        if not len(features) == len(cases) == len(labels) > 0:
            raise UsageError(f"a gallery of {len(features)} rows, {len(cases)} cases and {len(labels)} labels")
        mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
        scale = np.where(scale > 0, scale, np.inf)
        rows = unit_rows(features, mean, scale).astype(np.float16)
        return cls(rows, mean.astype(np.float32), scale.astype(np.float32), tuple(cases), tuple(labels))

    def nearest(self, features: NDArray[np.float32], number: int = 3) -> list[list[Neighbour]]:
        """The ``number`` likest training cases of each row (m, d), the likest first; of equals the first counts."""
        if features.shape[1:] != self.mean.shape:
            raise ArtifactError(f"features of shape {features.shape} do not fit a gallery of {len(self.mean)}")
        likeness = unit_rows(features, self.mean, self.scale) @ self.rows.astype(np.float32).T
        order = np.argsort(-likeness, axis=1, kind="stable")[:, :number]
        return [
            [Neighbour(self.cases[place], self.labels[place], float(own[place])) for place in best]
            for own, best in zip(likeness, order.tolist(), strict=True)
        ]

    def write(self, folder: Path) -> None:
        """Into a bundle's folder; its manifest is to be written again."""
        arrays = {"rows": self.rows, "mean": self.mean, "scale": self.scale}
        write_bytes(folder / _ROWS, save({name: np.ascontiguousarray(item) for name, item in arrays.items()}))
        write_json(folder / _FACTS, {"cases": list(self.cases), "labels": list(self.labels)})


def read_gallery(folder: Path) -> Gallery | None:
    """What ``write`` wrote; ``None`` where the bundle has none. Raises ``ArtifactError`` for a damaged one."""
    if not (folder / _FACTS).is_file():
        return None
    facts = read_json(folder / _FACTS)
    try:
        arrays = load((folder / _ROWS).read_bytes())
        found = Gallery(arrays["rows"], arrays["mean"], arrays["scale"], facts["cases"], facts["labels"])
    except (OSError, SafetensorError, KeyError) as error:
        raise ArtifactError(f"reading the gallery of {folder}: it is damaged ({error}); fit again") from error
    if not len(found.rows) == len(found.cases) == len(found.labels):
        raise ArtifactError(f"reading the gallery of {folder}: its rows and labels are not as many; fit again")
    return found

"""A gallery: the training cases themselves, and how far a new one is from each. It holds rows of patients.

Features are standardised; likeness is the cosine. The ``k`` nearest vote with equal weight, and the share of votes goes
through ``softmax(slope · share + shift)``, which was fitted on cases that did not see themselves.

Source: Cover & Hart 1967, Nearest Neighbor Pattern Classification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ArtifactError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.head import HEADS, softmax
from medgraft.transfer.models.root import signed_root

__all__ = ["GalleryHead", "unit_rows", "votes"]

_TINY = 1e-12


def unit_rows(features: NDArray[Any], mean: NDArray[Any], scale: NDArray[Any]) -> NDArray[np.float32]:
    """Standardised rows of length one (zero stays zero)."""
    rows = (features - mean) / scale
    lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    return np.asarray(rows / np.maximum(lengths, _TINY)[:, None], dtype=np.float32)


def votes(likeness: NDArray[Any], labels: NDArray[np.int64], k: int, n_classes: int) -> NDArray[np.float64]:
    """The share of each class among the ``k`` likest (m, classes); ``likeness`` (m, n). Of equals the first counts."""
    nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :k]
    return np.asarray(np.eye(n_classes)[labels[nearest]].mean(axis=1))


@HEADS.register("gallery")
@dataclass(frozen=True)
class GalleryHead:
    """``rows`` (n, d) float32 of length one; ``labels`` (n,); ``mean`` and ``scale`` (d,) of what they were; ``shift``
    (classes,)."""

    kind: ClassVar[str] = "gallery"
    gallery: ClassVar[bool] = True

    rows: NDArray[np.float32]
    labels: NDArray[np.int64]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    shift: NDArray[np.float64]
    slope: float
    k: int
    rooted: bool

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or len(self.labels) != len(self.rows) or not 1 <= self.k <= len(self.rows):
            raise ArtifactError(f"a gallery of {self.rows.shape} rows, {len(self.labels)} labels, k = {self.k}")

    @property
    def shape(self) -> tuple[int, int]:
        """(classes, features)."""
        return len(self.shift), self.rows.shape[1]

    def answers(self, bags: Bags) -> NDArray[np.float64]:
        """See the contract; a case of several rows is their mean."""
        features = bags.means()
        if features.shape[1] != self.rows.shape[1]:
            raise ArtifactError(f"features of shape {features.shape} do not fit a gallery of {self.rows.shape[1]}")
        unit = unit_rows(signed_root(features) if self.rooted else features, self.mean, self.scale)
        # einsum, not BLAS: a row's result does not depend on the other rows to the last bit
        likeness = np.einsum("md,nd->mn", unit, self.rows, optimize=False)
        return softmax(self.slope * votes(likeness, self.labels, self.k, len(self.shift)) + self.shift)

    def attention(self, bags: Bags) -> None:
        """All rows count alike."""

    def tensors(self) -> dict[str, NDArray[Any]]:
        """See the contract."""
        names = ("rows", "labels", "mean", "scale", "shift")
        return {name: np.asarray(getattr(self, name)) for name in names}

    def facts(self) -> dict[str, Any]:
        """See the contract."""
        return {"slope": self.slope, "k": self.k, "rooted": self.rooted}

    @classmethod
    def restore(cls, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Self:
        """See the contract."""
        names = ("rows", "labels", "mean", "scale", "shift")
        arrays = {name: tensors[name] for name in names}
        return cls(**arrays, slope=float(facts["slope"]), k=int(facts["k"]), rooted=bool(facts["rooted"]))

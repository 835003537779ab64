"""A smooth kernel without the cases it was fitted on: random Fourier features of some principal axes, read linearly.

For frequencies drawn from a normal distribution of variance 2γ, and phases drawn evenly, the product of two cases'
``√(2/D) cos(frequencies · x + phase)`` is near ``exp(−γ ‖x − y‖²)``, the closer the more there are (error about 1/√D).
So the head holds numbers drawn at random and a weight for each, and no row of a patient.

Source: Rahimi & Recht 2007, Random Features for Large-Scale Kernel Machines.
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

__all__ = ["FourierHead", "projected", "waves"]

_NAMES = ("mean", "scale", "axes", "frequencies", "phases", "weight", "bias")


def projected(
    features: NDArray[Any], mean: NDArray[Any], scale: NDArray[Any], axes: NDArray[Any]
) -> NDArray[np.float64]:
    """Coordinates (n, r) of ``features`` (n, d) on ``axes`` (r, d), after standardisation; each row independent of the
    others to the last bit (einsum, not BLAS)."""
    rows = (features.astype(np.float64) - mean) / scale
    return np.asarray(np.einsum("nd,rd->nr", rows, axes, optimize=False))


def waves(coordinates: NDArray[np.float64], frequencies: NDArray[Any], phases: NDArray[Any]) -> NDArray[np.float64]:
    """Fourier features (n, D) of ``coordinates`` (n, r); ``frequencies`` (D, r), ``phases`` (D,) in radians."""
    angles = np.einsum("nr,kr->nk", coordinates, frequencies, optimize=False) + phases
    return np.asarray(np.sqrt(2 / len(phases)) * np.cos(angles))


@HEADS.register("fourier")
@dataclass(frozen=True)
class FourierHead:
    """``softmax(waves @ weight.T + bias)``. ``mean`` and ``scale`` (d,); ``axes`` (r, d); ``frequencies`` (D, r);
    ``phases`` (D,); ``weight`` (classes, D); ``bias`` (classes,). ``rooted``: see ``signed_root``."""

    kind: ClassVar[str] = "fourier"
    gallery: ClassVar[bool] = False

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    axes: NDArray[np.float64]
    frequencies: NDArray[np.float64]
    phases: NDArray[np.float64]
    weight: NDArray[np.float64]
    bias: NDArray[np.float64]
    rooted: bool

    def __post_init__(self) -> None:
        r, d = self.axes.shape
        number, classes = len(self.phases), len(self.bias)
        wanted = ((d,), (d,), (r, d), (number, r), (number,), (classes, number), (classes,))
        if tuple(getattr(self, name).shape for name in _NAMES) != wanted:
            found = ", ".join(f"{name} {getattr(self, name).shape}" for name in _NAMES)
            raise ArtifactError(f"a Fourier head of {found} does not fit")

    @property
    def shape(self) -> tuple[int, int]:
        """(classes, features)."""
        return len(self.bias), len(self.mean)

    def answers(self, bags: Bags) -> NDArray[np.float64]:
        """See the contract; a case of several rows is their mean."""
        features = bags.means()
        if features.shape[1] != len(self.mean):
            raise ArtifactError(f"features of shape {features.shape} do not fit a Fourier head on {len(self.mean)}")
        given = signed_root(features) if self.rooted else features
        seen = waves(projected(given, self.mean, self.scale, self.axes), self.frequencies, self.phases)
        return softmax(np.einsum("nk,ck->nc", seen, self.weight, optimize=False) + self.bias)

    def attention(self, bags: Bags) -> None:
        """All rows count alike."""

    def tensors(self) -> dict[str, NDArray[Any]]:
        """See the contract."""
        return {name: np.asarray(getattr(self, name)) for name in _NAMES}

    def facts(self) -> dict[str, Any]:
        """``rooted``."""
        return {"rooted": self.rooted}

    @classmethod
    def restore(cls, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Self:
        """See the contract."""
        return cls(**{name: tensors[name] for name in _NAMES}, rooted=bool(facts["rooted"]))

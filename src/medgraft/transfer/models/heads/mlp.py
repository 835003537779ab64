"""A head of one hidden layer: what a small network on features becomes when it is done learning.

Source: Rumelhart, Hinton & Williams 1986.
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

__all__ = ["MlpHead"]

_NAMES = ("mean", "scale", "hidden_weight", "hidden_bias", "weight", "bias")


@HEADS.register("mlp")
@dataclass(frozen=True)
class MlpHead:
    """``softmax(relu(((x − mean) / scale) @ hidden_weight.T + hidden_bias) @ weight.T + bias)``. ``mean`` and ``scale``
    (d,), infinite for a column that is not read; ``hidden_weight`` (h, d), ``hidden_bias`` (h,); ``weight`` (classes,
    h), ``bias`` (classes,). ``rooted``: see ``signed_root``."""

    kind: ClassVar[str] = "mlp"
    gallery: ClassVar[bool] = False

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    hidden_weight: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    rooted: bool

    def __post_init__(self) -> None:
        (hidden, d), classes = self.hidden_weight.shape, len(self.bias)
        wanted = ((d,), (d,), (hidden, d), (hidden,), (classes, hidden), (classes,))
        if tuple(getattr(self, name).shape for name in _NAMES) != wanted:
            found = ", ".join(f"{name} {getattr(self, name).shape}" for name in _NAMES)
            raise ArtifactError(f"a head of {found} does not fit")

    @property
    def shape(self) -> tuple[int, int]:
        """(classes, features)."""
        return len(self.bias), len(self.mean)

    def answers(self, bags: Bags) -> NDArray[np.float64]:
        """See the contract; a case of several rows is their mean."""
        seen = self.units(bags.means())
        return softmax(np.einsum("nh,ch->nc", seen, self.weight.astype(np.float64), optimize=False) + self.bias)

    def units(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n, h) what the hidden layer says of ``features`` (n, d), from 0 on."""
        if features.shape[1] != len(self.mean):
            raise ArtifactError(f"features of shape {features.shape} do not fit a head on {len(self.mean)}")
        rows = ((signed_root(features) if self.rooted else features).astype(np.float64) - self.mean) / self.scale
        # einsum, not BLAS: a row's result does not depend on the other rows to the last bit
        hidden = np.einsum("nd,hd->nh", rows, self.hidden_weight.astype(np.float64), optimize=False) + self.hidden_bias
        return np.asarray(np.maximum(hidden, 0.0))

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

"""The linear head.

A case may have several rows (the slices of a volume). Without sharpness the head reads their mean; with it, each class
listens to the rows that speak for it (see ``attention``). One row a case is the same for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ArtifactError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.attention import attended
from medgraft.transfer.models.heads.head import HEADS, softmax
from medgraft.transfer.models.root import signed_root

__all__ = ["LinearHead"]


@HEADS.register("linear")
@dataclass(frozen=True)
class LinearHead:
    """``softmax(features @ weight.T + bias)``. ``weight`` (classes, d) float32, ``bias`` (classes,) float32.

    Two classes have two rows, as any other number, so that there is one code path. Standardisation of the
    features is folded into weight and bias. ``rooted``: the features go through ``signed_root`` first. ``sharpness``
    of the attention over the rows of a case, 0 for their mean.
    """

    kind: ClassVar[str] = "linear"
    gallery: ClassVar[bool] = False

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    rooted: bool = False
    sharpness: float = 0.0

    def __post_init__(self) -> None:
        if self.weight.ndim != 2 or self.bias.shape != self.weight.shape[:1]:
            raise ArtifactError(f"a head of weight {self.weight.shape} and bias {self.bias.shape} does not fit")

    @property
    def shape(self) -> tuple[int, int]:
        """(classes, features)."""
        return self.weight.shape[0], self.weight.shape[1]

    def tensors(self) -> dict[str, NDArray[Any]]:
        """``weight`` and ``bias``."""
        return {"weight": self.weight, "bias": self.bias}

    def facts(self) -> dict[str, Any]:
        """``rooted`` and ``sharpness``."""
        return {"rooted": self.rooted, "sharpness": self.sharpness}

    @classmethod
    def restore(cls, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Self:
        """From what the two above gave."""
        return cls(tensors["weight"], tensors["bias"], bool(facts["rooted"]), float(facts.get("sharpness", 0.0)))

    @classmethod
    def folded(cls, weight: NDArray[Any], bias: NDArray[Any], mean: NDArray[Any], scale: NDArray[Any]) -> Self:
        """The head on raw features that equals (weight, bias) on ``(features - mean) / scale``."""
        folded = np.asarray(weight, np.float64) / np.asarray(scale, np.float64)
        return cls(folded.astype(np.float32), (bias - folded @ np.asarray(mean, np.float64)).astype(np.float32))

    def logits(self, features: NDArray[Any]) -> NDArray[np.float64]:
        """(n, classes) in float64, each row independent of the others to the last bit (einsum, not BLAS)."""
        if features.ndim != 2 or features.shape[1] != self.weight.shape[1]:
            raise ArtifactError(f"features of shape {features.shape} do not fit a head on {self.weight.shape[1]}")
        rows = features.astype(np.float64)
        rows = signed_root(rows) if self.rooted else rows
        return np.asarray(np.einsum("nd,cd->nc", rows, self.weight.astype(np.float64), optimize=False) + self.bias)

    def answers(self, bags: Bags) -> NDArray[np.float64]:
        """Probabilities of cases (n, classes)."""
        if self.sharpness == 0:
            return self.probabilities(bags.means())
        pooled, _ = attended(self.logits(bags.rows) - self.bias, bags.starts, self.sharpness)
        return softmax(pooled + self.bias)

    def attention(self, bags: Bags) -> NDArray[np.float64] | None:
        """How much each row counts (see ``Head``)."""
        if self.sharpness == 0:
            return None
        return attended(self.logits(bags.rows) - self.bias, bags.starts, self.sharpness)[1]

    def probabilities(self, features: NDArray[Any]) -> NDArray[np.float64]:
        """(n, classes), rows sum to one."""
        return softmax(self.logits(features))

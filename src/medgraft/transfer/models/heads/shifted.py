"""Another head whose classes are given other odds: what is known of class shares is brought in after it.

Source: Saerens, Latinne & Decaestecker 2002.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ArtifactError, UsageError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.head import HEADS, Head, softmax

__all__ = ["ShiftedHead"]

_INNER = "inner."
_TINY = 1e-300


@HEADS.register("shifted")
@dataclass(frozen=True)
class ShiftedHead:
    """``softmax(log inner + shift)``; ``inner`` gives chances of classes that exclude each other, ``shift`` (classes,)
    is the logarithm of what each is multiplied with."""

    kind: ClassVar[str] = "shifted"
    gallery: ClassVar[bool] = False

    inner: Head
    shift: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.shift.shape != self.inner.shape[:1] or not np.isfinite(self.shift).all():
            raise ArtifactError(f"a head of {self.inner.shape[0]} classes and shifts {self.shift} does not fit")
        if self.inner.gallery:
            raise UsageError(
                "giving the classes of a head other odds: it holds rows of training cases, which stay in the house; "
                "use a head without them (linear-probe)"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(classes, features)."""
        return self.inner.shape

    def answers(self, bags: Bags) -> NDArray[np.float64]:
        """See the contract."""
        return softmax(np.log(np.maximum(self.inner.answers(bags), _TINY)) + self.shift)

    def attention(self, bags: Bags) -> NDArray[np.float64] | None:
        """That of the inner head."""
        return self.inner.attention(bags)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """See the contract."""
        return {"shift": self.shift} | {_INNER + name: item for name, item in self.inner.tensors().items()}

    def facts(self) -> dict[str, Any]:
        """See the contract."""
        return {"inner": {"kind": self.inner.kind, **self.inner.facts()}}

    @classmethod
    def restore(cls, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Self:
        """See the contract."""
        inner = facts["inner"]
        parts = {name.removeprefix(_INNER): item for name, item in tensors.items() if name.startswith(_INNER)}
        return cls(HEADS.get(inner["kind"]).restore(parts, inner), tensors["shift"])

"""The contract of a head: from the features of a case to the probabilities of its classes or labels, in numpy.

A head is plain data: ``tensors()`` and ``facts()`` are all of it, ``restore`` makes it again from them (the bundle
keeps them), and equal parts give equal answers to the last bit. A case may have several rows (the slices of a volume);
a row's answer does not depend on the other cases of a call. ``gallery``: it holds rows of training cases, so that a
bundle with it may leave the house only if that was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.registry import Registry
from medgraft.source.embedding.bags import Bags

__all__ = ["HEADS", "Head", "softmax"]


def softmax(logits: Any) -> NDArray[np.float64]:
    """Softmax over the last axis in float64, without overflow."""
    shifted = np.asarray(logits, dtype=np.float64)
    shifted = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


class Head(Protocol):
    """What answers from features."""

    kind: ClassVar[str]
    gallery: ClassVar[bool]

    @property
    def shape(self) -> tuple[int, int]:
        """(classes, features)."""
        ...

    def answers(self, bags: Bags) -> NDArray[np.float64]:
        """Probabilities of cases (n, classes). Rows sum to one where a case is of one class; where it has several
        labels (head ``sigmoid``) each is a chance of its own. Raises ``ArtifactError`` for features of another
        backbone."""
        ...

    def attention(self, bags: Bags) -> NDArray[np.float64] | None:
        """(m, classes): how much each row counts for a class of its case; sums to one over the rows of a case. ``None``
        where all rows count alike."""
        ...

    def tensors(self) -> dict[str, NDArray[Any]]:
        """All arrays of the head, by name."""
        ...

    def facts(self) -> dict[str, Any]:
        """All else of it: plain data."""
        ...

    @classmethod
    def restore(cls, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Self:
        """The head that gave these. Raises ``KeyError`` or ``ArtifactError`` where parts are missing or do not fit."""
        ...


HEADS: Registry[type[Head]] = Registry("head")

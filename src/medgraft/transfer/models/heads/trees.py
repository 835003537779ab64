"""A sum of small decision trees on some principal axes, as plain arrays: what gradient boosting leaves behind.

A tree holds borders and one value a leaf, no row of a patient. Inner nodes send a case to the left where its
coordinate is at most the threshold; both are compared in float32, as scikit-learn compares them in training.

Source: Friedman 2001, Greedy Function Approximation: A Gradient Boosting Machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ArtifactError
from medgraft.source.embedding.bags import Bags
from medgraft.transfer.models.heads.fourier import projected
from medgraft.transfer.models.heads.head import HEADS, softmax
from medgraft.transfer.models.root import signed_root

__all__ = ["Trees", "TreesHead"]

_LEAF = -1


@dataclass(frozen=True)
class Trees:
    """T trees of at most N nodes, node 0 the root. ``axis`` (T, N) int, −1 for a leaf; ``threshold`` (T, N) float32;
    ``left`` and ``right`` (T, N) int, nodes; ``value`` (T, N); ``output`` (T,) int, the class that a tree speaks of.
    """

    axis: NDArray[np.int64]
    threshold: NDArray[np.float32]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]
    output: NDArray[np.int64]

    def scores(self, coordinates: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
        """(n, classes) sums of the values of the leaves that cases (n, r) come to."""
        given = coordinates.astype(np.float32)
        total, cases = np.zeros((len(given), classes)), np.arange(len(given))
        for number, output in enumerate(self.output):
            node = np.zeros(len(given), np.int64)
            while (inner := self.axis[number, node] != _LEAF).any():
                asked = given[cases, np.maximum(self.axis[number, node], 0)]
                goes_left = asked <= self.threshold[number, node]
                after = np.where(goes_left, self.left[number, node], self.right[number, node])
                node = np.where(inner, after, node)
            total[:, output] += self.value[number, node]
        return total

    def first(self, number: int) -> Trees:
        """The first ``number`` trees."""
        return Trees(**{name: getattr(self, name)[:number] for name in self.__dataclass_fields__})

    def check(self, axes: int, classes: int) -> None:
        """Raises ``ArtifactError`` for trees that point outside, or in a circle."""
        shapes = {getattr(self, name).shape for name in ("axis", "threshold", "left", "right", "value")}
        nodes = self.axis.shape[-1]
        inner = self.axis != _LEAF
        here = np.broadcast_to(np.arange(nodes), self.axis.shape)
        onward = all(((side > here) & (side < nodes))[inner].all() for side in (self.left, self.right))
        known = ((self.axis >= _LEAF) & (self.axis < axes)).all() and (
            (self.output >= 0) & (self.output < classes)
        ).all()
        if len(shapes) != 1 or self.output.shape != self.axis.shape[:1] or not onward or not known:
            raise ArtifactError(f"trees of shapes {sorted(shapes)} for {axes} axes and {classes} classes do not fit")


@HEADS.register("trees")
@dataclass(frozen=True)
class TreesHead:
    """``softmax(slope · trees(axes · standardised features) + bias)``. ``mean`` and ``scale`` (d,); ``axes`` (r, d);
    ``bias`` (classes,). ``rooted``: see ``signed_root``."""

    kind: ClassVar[str] = "trees"
    gallery: ClassVar[bool] = False

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    axes: NDArray[np.float64]
    trees: Trees
    slope: float
    bias: NDArray[np.float64]
    rooted: bool

    def __post_init__(self) -> None:
        if self.mean.shape != self.scale.shape or self.axes.shape[1:] != self.mean.shape:
            raise ArtifactError(f"trees on axes {self.axes.shape} of {self.mean.shape} features do not fit")
        self.trees.check(len(self.axes), len(self.bias))

    @property
    def shape(self) -> tuple[int, int]:
        """(classes, features)."""
        return len(self.bias), len(self.mean)

    def answers(self, bags: Bags) -> NDArray[np.float64]:
        """See the contract; a case of several rows is their mean."""
        features = bags.means()
        if features.shape[1] != len(self.mean):
            raise ArtifactError(f"features of shape {features.shape} do not fit trees on {len(self.mean)}")
        given = signed_root(features) if self.rooted else features
        coordinates = projected(given, self.mean, self.scale, self.axes)
        return softmax(self.slope * self.trees.scores(coordinates, len(self.bias)) + self.bias)

    def attention(self, bags: Bags) -> None:
        """All rows count alike."""

    def tensors(self) -> dict[str, NDArray[Any]]:
        """See the contract."""
        grown = {f"trees.{name}": getattr(self.trees, name) for name in Trees.__dataclass_fields__}
        return {"mean": self.mean, "scale": self.scale, "axes": self.axes, "bias": self.bias, **grown}

    def facts(self) -> dict[str, Any]:
        """``rooted`` and ``slope``."""
        return {"rooted": self.rooted, "slope": self.slope}

    @classmethod
    def restore(cls, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Self:
        """See the contract."""
        trees = Trees(**{name: tensors[f"trees.{name}"] for name in Trees.__dataclass_fields__})
        parts = {name: tensors[name] for name in ("mean", "scale", "axes", "bias")}
        return cls(**parts, trees=trees, slope=float(facts["slope"]), rooted=bool(facts["rooted"]))

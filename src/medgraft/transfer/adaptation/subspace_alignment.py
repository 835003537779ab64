"""Subspace alignment: the longest axes of the source are turned onto those of the target.

Each side is centred and read on its own principal axes ``P`` (r, k). The source's coordinates are multiplied with
``P_sᵀ P_t``, so that what both mean by an axis agrees; a probe on them then reads the target's coordinates.

Source: Fernando, Habrard, Sebban & Tuytelaars 2013, Unsupervised Visual Domain Adaptation Using Subspace Alignment.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from medgraft.transfer.adaptation.adaptation import (
    ADAPTATIONS,
    AdaptationConfig,
    Adapted,
    Axes,
    Need,
    Pair,
    Root,
)
from medgraft.transfer.adaptation.few_labels import Labelled
from medgraft.transfer.adaptation.probe import fit_linear
from medgraft.transfer.adaptation.space import Space

__all__ = ["SubspaceAlignment", "SubspaceAlignmentConfig", "aligned"]

Array = NDArray[np.float64]


class SubspaceAlignmentConfig(AdaptationConfig):
    """Options of subspace alignment."""

    kind: Literal["subspace-alignment"] = "subspace-alignment"
    root: Root = True
    axes: Axes = 512
    dimensions: Annotated[int, Field(ge=1, le=4096, description="axes of each side that are aligned")] = 64


def aligned(source: Array, target: Array, dimensions: int) -> tuple[Array, Array, Array]:
    """The source on the target's axes (n, k), the target on its own (m, k), and these axes (r, k): k is ``dimensions``,
    or what the smaller of the sides has."""
    k = min(dimensions, len(source) - 1, len(target) - 1, source.shape[1])
    own, there = (_axes(rows, k) for rows in (source, target))
    return (source - source.mean(axis=0)) @ own @ (own.T @ there), (target - target.mean(axis=0)) @ there, there


def _axes(rows: Array, k: int) -> Array:
    """The longest ``k`` principal axes (r, k)."""
    centred = rows - rows.mean(axis=0)
    return np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :k]


@ADAPTATIONS.register("subspace-alignment")
class SubspaceAlignment:
    """The source's axes turned onto the target's."""

    name: ClassVar[str] = "subspace-alignment"
    paper: ClassVar[str] = "Fernando et al. 2013, Unsupervised Visual Domain Adaptation Using Subspace Alignment"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: two eigendecompositions and one probe"
    Config: ClassVar[type[BaseModel]] = SubspaceAlignmentConfig

    def __init__(self, config: SubspaceAlignmentConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config = self.config
        space = Space.of(pair, root=config.root, most=config.axes)
        source, target, axes = aligned(space.source, space.target, config.dimensions)
        fitted = fit_linear(Labelled.of(pair, source, target, config.target_weight), pair.n_classes, pair.seed)
        weight = fitted.weight @ axes.T
        head = space.head(weight, fitted.bias - weight @ space.target.mean(axis=0))
        facts = {"C": fitted.strength, "target_labels": len(pair.target.known), "dimensions": axes.shape[1]}
        centre = space.target.mean(axis=0)
        return Adapted.on_features(
            head,
            pair,
            history=fitted.sweep,
            facts=facts,
            moved=lambda: space.moved(source @ axes.T + centre, target @ axes.T + centre),
            held_out=fitted.held_out,
        )

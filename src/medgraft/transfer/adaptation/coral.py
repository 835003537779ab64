"""CORAL: the source's cases are re-coloured, so that their mean and covariance are the target's, and a probe is fitted
to them.

``x' = μ_t + C_t^{1/2} C_s^{-1/2} (x − μ_s)``. Only second moments are matched: a class that the target has more of
moves its moments, too, and is taken for a difference of sites.

Source: Sun, Feng & Saenko 2016, Return of Frustratingly Easy Domain Adaptation.
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
from medgraft.transfer.adaptation.moments import matrix_power, mean_and_covariance
from medgraft.transfer.adaptation.probe import fit_linear
from medgraft.transfer.adaptation.space import Space

__all__ = ["Coral", "CoralConfig", "coral_map"]

Array = NDArray[np.float64]


class CoralConfig(AdaptationConfig):
    """Options of CORAL."""

    kind: Literal["coral"] = "coral"
    root: Root = True
    axes: Axes = 512
    shrinkage: Annotated[
        float | None,
        Field(ge=0, le=1, description="share of a sphere in each covariance; by Ledoit and Wolf if not given"),
    ] = None


def coral_map(source: Array, target: Array, shrinkage: float | None) -> Array:
    """``source`` (n, r) re-coloured as ``target`` (m, r)."""
    (mean, covariance), (there, wanted) = (mean_and_covariance(rows, shrinkage) for rows in (source, target))
    return np.asarray((source - mean) @ matrix_power(covariance, -0.5) @ matrix_power(wanted, 0.5) + there)


@ADAPTATIONS.register("coral")
class Coral:
    """The source's features in the target's colours."""

    name: ClassVar[str] = "coral"
    paper: ClassVar[str] = "Sun, Feng & Saenko 2016, Return of Frustratingly Easy Domain Adaptation"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: two eigendecompositions and one probe"
    Config: ClassVar[type[BaseModel]] = CoralConfig

    def __init__(self, config: CoralConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config = self.config
        space = Space.of(pair, root=config.root, most=config.axes)
        mapped = coral_map(space.source, space.target, config.shrinkage)
        cases = Labelled.of(pair, mapped, space.target, config.target_weight)
        fitted = fit_linear(cases, pair.n_classes, pair.seed)
        facts = {"C": fitted.strength, "target_labels": len(pair.target.known), "axes": space.source.shape[1]}
        return Adapted.on_features(
            space.head(fitted.weight, fitted.bias),
            pair,
            history=fitted.sweep,
            facts=facts,
            moved=lambda: space.moved(mapped),
            held_out=fitted.held_out,
        )

"""Linear optimal transport: the cheapest linear map from the source's Gaussian to the target's, in closed form.

``x' = μ_t + A (x − μ_s)``, ``A = C_s^{-1/2} (C_s^{1/2} C_t C_s^{1/2})^{1/2} C_s^{-1/2}``. Like CORAL it matches means
and covariances; of all maps that do, it is the one that moves the cases least.

Source: Dowson & Landau 1982; Flamary, Lounici & Ferrari 2019, Concentration bounds for linear Monge mapping estimation.
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

__all__ = ["LinearOptimalTransport", "LinearOptimalTransportConfig", "monge_map"]

Array = NDArray[np.float64]


class LinearOptimalTransportConfig(AdaptationConfig):
    """Options of linear optimal transport."""

    kind: Literal["linear-optimal-transport"] = "linear-optimal-transport"
    root: Root = True
    axes: Axes = 512
    shrinkage: Annotated[
        float | None,
        Field(ge=0, le=1, description="share of a sphere in each covariance; by Ledoit and Wolf if not given"),
    ] = None


def monge_map(covariance: Array, wanted: Array) -> Array:
    """A (r, r), symmetric, with ``A covariance A = wanted``."""
    half, inverse = matrix_power(covariance, 0.5), matrix_power(covariance, -0.5)
    middle = half @ wanted @ half
    return np.asarray(inverse @ matrix_power((middle + middle.T) / 2, 0.5) @ inverse)


@ADAPTATIONS.register("linear-optimal-transport")
class LinearOptimalTransport:
    """The source's features moved linearly, and as little as can be."""

    name: ClassVar[str] = "linear-optimal-transport"
    paper: ClassVar[str] = "Flamary, Lounici & Ferrari 2019, Concentration bounds for linear Monge mapping estimation"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: three eigendecompositions and one probe"
    Config: ClassVar[type[BaseModel]] = LinearOptimalTransportConfig

    def __init__(self, config: LinearOptimalTransportConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config = self.config
        space = Space.of(pair, root=config.root, most=config.axes)
        sides = (mean_and_covariance(rows, config.shrinkage) for rows in (space.source, space.target))
        (mean, covariance), (there, wanted) = sides
        mapped = (space.source - mean) @ monge_map(covariance, wanted) + there
        cases = Labelled.of(pair, mapped, space.target, config.target_weight)
        fitted = fit_linear(cases, pair.n_classes, pair.seed)
        moved = float(np.sqrt(np.square(mapped - space.source).sum(axis=1).mean()))
        facts = {"C": fitted.strength, "target_labels": len(pair.target.known), "mean_distance_moved": moved}
        return Adapted.on_features(
            space.head(fitted.weight, fitted.bias),
            pair,
            history=fitted.sweep,
            facts=facts,
            moved=lambda: space.moved(mapped),
            held_out=fitted.held_out,
        )

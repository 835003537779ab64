"""Optimal transport: the source's cases are carried onto the target's at least cost, and a probe is fitted where they
arrive.

Every case goes to the mean of the target cases that its mass is sent to. Masses are equal on both sides, so that under
label shift some cases of one class are sent among those of another: it suits a shift of pictures, not of shares.
Of large sides a random part is transported; the other source cases move as the nearest of these.

Sources: Courty, Flamary, Tuia & Rakotomamonjy 2017, Optimal Transport for Domain Adaptation; Ferradans et al. 2014
(cases out of the plan).
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
from medgraft.transfer.adaptation.sinkhorn import Plan, class_sinkhorn
from medgraft.transfer.adaptation.space import Space, squared_distances

__all__ = ["OptimalTransport", "OptimalTransportConfig", "transported"]

Array = NDArray[np.float64]

_STREAM = 1


class OptimalTransportConfig(AdaptationConfig):
    """Options of optimal transport."""

    kind: Literal["optimal-transport"] = "optimal-transport"
    root: Root = True
    axes: Axes = 512
    epsilon: Annotated[float, Field(gt=0, description="entropic smoothing, in units of the mean cost")] = 0.02
    class_strength: Annotated[
        float, Field(ge=0, description="what keeps classes from arriving at one place, in units of the mean cost")
    ] = 0.1
    cases: Annotated[int, Field(ge=20, le=10_000, description="cases of each side that are transported")] = 1000


def transported(
    source: Array, labels: NDArray[np.int64], target: Array, config: OptimalTransportConfig, seed: int
) -> tuple[Array, Plan]:
    """Where the ``source`` cases (n, r) arrive (n, r), and the plan of those that were drawn."""
    generator = np.random.default_rng((_STREAM, seed))
    drawn, there = (np.sort(generator.permutation(len(rows))[: config.cases]) for rows in (source, target))
    cost = squared_distances(source[drawn], target[there])
    cost /= max(float(cost.mean()), 1e-300)
    masses = np.full(len(drawn), 1 / len(drawn)), np.full(len(there), 1 / len(there))
    plan = class_sinkhorn(cost, masses, labels[drawn], config.epsilon, strength=config.class_strength)
    arrived = plan.barycentres(target[there])
    if len(drawn) == len(source):
        return arrived, plan
    nearest = squared_distances(source, source[drawn]).argmin(axis=1)
    return source + (arrived - source[drawn])[nearest], plan


@ADAPTATIONS.register("optimal-transport")
class OptimalTransport:
    """The source's cases carried onto the target's."""

    name: ClassVar[str] = "optimal-transport"
    paper: ClassVar[str] = "Courty, Flamary, Tuia & Rakotomamonjy 2017, Optimal Transport for Domain Adaptation"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: Sinkhorn on at most 1,000 × 1,000 cases, and one probe"
    Config: ClassVar[type[BaseModel]] = OptimalTransportConfig

    def __init__(self, config: OptimalTransportConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config = self.config
        space = Space.of(pair, root=config.root, most=config.axes)
        mapped, plan = transported(space.source, pair.seen_source.labels, space.target, config, pair.seed)
        cases = Labelled.of(pair, mapped, space.target, config.target_weight)
        fitted = fit_linear(cases, pair.n_classes, pair.seed)
        facts = {
            "C": fitted.strength,
            "target_labels": len(pair.target.known),
            "marginal_error": plan.error,
            "cases_transported": list(plan.mass.shape),
        }
        # The plan reads the labels of all source cases: no answer is held out.
        return Adapted.on_features(
            space.head(fitted.weight, fitted.bias),
            pair,
            history=fitted.sweep,
            facts=facts,
            moved=lambda: space.moved(mapped),
        )

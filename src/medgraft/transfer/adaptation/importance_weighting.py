"""Importance weighting: source cases that look like target cases count more, and a probe is fitted to them.

The ratio p_target(x) / p_source(x) is the odds that a classifier gives of the side that a case is of, by folds that did
not hold it, both sides weighing alike. Ratios of sites that hardly overlap rest on a handful of cases; so they are
clipped, and raised to a power ≤ 1 (flattened) until enough cases count. It mends a difference in which cases come, not
in how their pictures look.

Sources: Shimodaira 2000 (weights, flattening); Bickel, Brückner & Scheffer 2009 (by a classifier); Kish 1965 (effective
sample size).
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

__all__ = ["ImportanceWeighting", "ImportanceWeightingConfig", "density_ratio", "effective_share", "flattened"]

Array = NDArray[np.float64]

_POWERS = np.linspace(1, 0, 21)


class ImportanceWeightingConfig(AdaptationConfig):
    """Options of importance weighting."""

    kind: Literal["importance-weighting"] = "importance-weighting"
    root: Root = True
    axes: Axes = 512
    clip: Annotated[float, Field(gt=1, description="largest ratio, and one over the smallest")] = 20.0
    effective: Annotated[
        float, Field(gt=0, le=1, description="share of the source cases that has to count at least, effectively")
    ] = 0.3


def effective_share(weights: Array) -> float:
    """``(Σw)² / (n Σw²)``: 1 where all cases count alike, 1/n where one does."""
    return float(weights.sum() ** 2 / (len(weights) * np.square(weights).sum()))


def flattened(ratio: Array, clip: float, effective: float) -> tuple[Array, float]:
    """Weights (n,) of mean one, and the largest power of the clipped ``ratio`` that leaves so much of an effective
    share."""
    bounded = np.clip(ratio, 1 / clip, clip)
    for power in _POWERS:
        weights = bounded**power
        if effective_share(weights) >= effective:
            break
    return np.asarray(weights / weights.mean()), float(power)


def density_ratio(space: Space, pair: Pair) -> Array:
    """(n,) of each source case."""
    n, m = len(space.source), len(space.target)
    groups = np.concatenate([pair.seen_source.groups, pair.target.groups])
    weights = np.repeat([0.5 / n, 0.5 / m], [n, m]) * (n + m)
    side = np.repeat(np.arange(2), [n, m]).astype(np.int64)
    cases = Labelled(np.concatenate([space.source, space.target]), side, groups, weights)
    fitted = fit_linear(cases, 2, pair.seed)
    chances = fitted.chances(cases.rows) if fitted.held_out is None else fitted.held_out
    return np.asarray(chances[:n, 1] / np.maximum(chances[:n, 0], 1e-12))


@ADAPTATIONS.register("importance-weighting")
class ImportanceWeighting:
    """Source cases that look like the target's count more."""

    name: ClassVar[str] = "importance-weighting"
    paper: ClassVar[str] = (
        "Shimodaira 2000; Bickel, Brückner & Scheffer 2009, Discriminative Learning Under Covariate Shift"
    )
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = False
    cost: ClassVar[str] = "seconds: two probes"
    Config: ClassVar[type[BaseModel]] = ImportanceWeightingConfig

    def __init__(self, config: ImportanceWeightingConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config = self.config
        space = Space.of(pair, root=config.root, most=config.axes)
        ratio = density_ratio(space, pair)
        weights, power = flattened(ratio, config.clip, config.effective)
        cases = Labelled.of(pair, space.source, space.target, config.target_weight, weights)
        fitted = fit_linear(cases, pair.n_classes, pair.seed)
        facts = {
            "C": fitted.strength,
            "target_labels": len(pair.target.known),
            "effective_cases": effective_share(weights) * len(weights),
            "effective_cases_unflattened": effective_share(np.clip(ratio, 1 / config.clip, config.clip)) * len(ratio),
            "power": power,
            "clipped": int(((ratio > config.clip) | (ratio < 1 / config.clip)).sum()),
        }
        return Adapted.on_features(
            space.head(fitted.weight, fitted.bias),
            pair,
            history=fitted.sweep,
            facts=facts,
            held_out=fitted.held_out,
        )

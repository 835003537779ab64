"""Source-combine: the cases of all source sites as one, each site counting alike or each case; the plain baseline of
several sources.

Source: Peng et al. 2019, Moment Matching for Multi-Source Domain Adaptation (the baseline "source combine").
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
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

__all__ = ["SourceCombine", "SourceCombineConfig"]


class SourceCombineConfig(AdaptationConfig):
    """Options of source-combine."""

    kind: Literal["source-combine"] = "source-combine"
    root: Root = True
    axes: Axes = 512
    alike: Annotated[
        Literal["cases", "sites"], Field(description="what counts alike: each case, or each site however large it is")
    ] = "cases"


@ADAPTATIONS.register("source-combine")
class SourceCombine:
    """One probe for all source sites."""

    name: ClassVar[str] = "source-combine"
    paper: ClassVar[str] = "Peng et al. 2019, Moment Matching for Multi-Source Domain Adaptation (baseline)"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features", "source sites"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = False
    cost: ClassVar[str] = "seconds: one probe"
    Config: ClassVar[type[BaseModel]] = SourceCombineConfig

    def __init__(self, config: SourceCombineConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config = self.config
        names, place, counts = np.unique(pair.seen_sites, return_inverse=True, return_counts=True)
        weights = np.ones(len(place))
        if config.alike == "sites":
            weights = len(place) / (len(names) * counts[place])
        space = Space.of(pair, root=config.root, most=config.axes)
        cases = Labelled.of(pair, space.source, space.target, config.target_weight, weights)
        fitted = fit_linear(cases, pair.n_classes, pair.seed)
        facts = {
            "C": fitted.strength,
            "target_labels": len(pair.target.known),
            "sites": {str(name): int(count) for name, count in zip(names, counts, strict=True)},
        }
        return Adapted.on_features(space.head(fitted.weight, fitted.bias), pair, history=fitted.sweep, facts=facts)

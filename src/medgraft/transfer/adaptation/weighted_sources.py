"""Weighted sources: a probe for each source site, mixed by how much the target looks like that site.

A classifier of the source site is fitted to the source and asked about the target. A site's weight is its mean answer
over all target cases (``target``), or, for each case, the answer to that one (``case``). A site where a class has one
patient, or none, answers with the probe of all sites. Labelled target cases are added to every site's.

Source: Mansour, Mohri & Rostamizadeh 2009, Domain Adaptation with Multiple Sources.
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
from medgraft.transfer.adaptation.probe import FittedLinear, fit_linear
from medgraft.transfer.adaptation.space import Space
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.heads.per_site import PerSiteHead

__all__ = ["WeightedSources", "WeightedSourcesConfig"]

_TINY = 1e-12


class WeightedSourcesConfig(AdaptationConfig):
    """Options of weighted sources."""

    kind: Literal["weighted-sources"] = "weighted-sources"
    root: Root = True
    axes: Axes = 512
    by: Annotated[
        Literal["target", "case"], Field(description="sites are weighed by the target as a whole, or case by case")
    ] = "target"


@ADAPTATIONS.register("weighted-sources")
class WeightedSources:
    """A probe a source site, mixed by likeness to the target."""

    name: ClassVar[str] = "weighted-sources"
    paper: ClassVar[str] = "Mansour, Mohri & Rostamizadeh 2009, Domain Adaptation with Multiple Sources"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features", "source sites"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = False
    cost: ClassVar[str] = "seconds: a probe a site, and one of the sites"
    Config: ClassVar[type[BaseModel]] = WeightedSourcesConfig

    def __init__(self, config: WeightedSourcesConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config = self.config
        names, place = np.unique(pair.seen_sites, return_inverse=True)
        space = Space.of(pair, root=config.root, most=config.axes)
        cases = Labelled.of(pair, space.source, space.target, config.target_weight)
        members = self._members(cases, place, len(names), pair)
        groups, ones = pair.seen_source.groups, np.ones(len(place))
        origin = fit_linear(Labelled(space.source, place.astype(np.int64), groups, ones), len(names), pair.seed)
        weights = origin.chances(space.target).mean(axis=0)
        told = space.head(origin.weight, origin.bias)
        if config.by == "target":
            told = LinearHead(
                np.zeros_like(told.weight), np.log(np.maximum(weights, _TINY)).astype(np.float32), config.root
            )
        head = PerSiteHead(told, tuple(space.head(one.weight, one.bias) for one in members))
        facts = {
            "weights": {str(name): float(weight) for name, weight in zip(names, weights, strict=True)},
            "target_labels": len(pair.target.known),
            "C": [one.strength for one in members],
        }
        history = [{"site": str(name), **row} for name, one in zip(names, members, strict=True) for row in one.sweep]
        return Adapted.on_features(head, pair, history=history, facts=facts)

    def _members(self, cases: Labelled, place: NDArray[np.intp], sites: int, pair: Pair) -> list[FittedLinear]:
        """One a site; ``place`` (n,) is the site of each source case, which stand first in ``cases``."""
        whole, members = fit_linear(cases, pair.n_classes, pair.seed), list[FittedLinear]()
        for site in range(sites):
            own = np.concatenate([place == site, np.ones(len(cases.labels) - len(place), bool)])
            part = Labelled(cases.rows[own], cases.labels[own], cases.groups[own], cases.weights[own])
            few = [len(np.unique(part.groups[part.labels == label])) < 2 for label in range(pair.n_classes)]
            members.append(whole if any(few) else fit_linear(part, pair.n_classes, pair.seed))
        return members

"""Pooled labels: the probe fitted anew to the source and the labelled target cases together, nothing else.

The plain use of a few target labels, by which everything cleverer is judged. Without such labels it is the source's
probe, fitted again.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

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

__all__ = ["PooledLabels", "PooledLabelsConfig"]


class PooledLabelsConfig(AdaptationConfig):
    """Options of pooled labels."""

    kind: Literal["pooled-labels"] = "pooled-labels"
    root: Root = True
    axes: Axes = 512


@ADAPTATIONS.register("pooled-labels")
class PooledLabels:
    """One probe for source and labelled target cases."""

    name: ClassVar[str] = "pooled-labels"
    paper: ClassVar[str] = "Ben-David et al. 2010, A Theory of Learning from Different Domains"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = False
    cost: ClassVar[str] = "seconds: one probe"
    Config: ClassVar[type[BaseModel]] = PooledLabelsConfig

    def __init__(self, config: PooledLabelsConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config = self.config
        space = Space.of(pair, root=config.root, most=config.axes)
        cases = Labelled.of(pair, space.source, space.target, config.target_weight)
        fitted = fit_linear(cases, pair.n_classes, pair.seed)
        facts = {"C": fitted.strength, "target_labels": len(pair.target.known)}
        return Adapted.on_features(
            space.head(fitted.weight, fitted.bias),
            pair,
            history=fitted.sweep,
            facts=facts,
            held_out=fitted.held_out,
        )

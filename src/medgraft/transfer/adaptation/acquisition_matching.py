"""Acquisition matching: the probe is fitted to the source's pictures as they are and as the target would have taken
them.

What the target's scanner does not show any more, or shows in another way, the probe learns to do without, with the
source's labels; both halves count alike. It helps where a few changes of acquisition lie between the sites
(``stand_in.py`` finds them and says how much of the difference they explain), and does nothing where none was found.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel

from medgraft.transfer.adaptation.adaptation import (
    ADAPTATIONS,
    AdaptationConfig,
    Adapted,
    Axes,
    Need,
    Pair,
    Root,
    SourceCases,
)
from medgraft.transfer.adaptation.few_labels import Labelled
from medgraft.transfer.adaptation.moved import Moved
from medgraft.transfer.adaptation.probe import fit_linear
from medgraft.transfer.adaptation.space import Space
from medgraft.transfer.models.root import signed_root

__all__ = ["AcquisitionMatching", "AcquisitionMatchingConfig"]


class AcquisitionMatchingConfig(AdaptationConfig):
    """Options of acquisition matching."""

    kind: Literal["acquisition-matching"] = "acquisition-matching"
    root: Root = True
    axes: Axes = 512


@ADAPTATIONS.register("acquisition-matching")
class AcquisitionMatching:
    """One probe for the source and its stand-in for the target."""

    name: ClassVar[str] = "acquisition-matching"
    paper: ClassVar[str] = "Kar et al. 2019, Meta-Sim: Learning to Generate Synthetic Datasets"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features", "stand-in"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = False
    cost: ClassVar[str] = "a minute: the network reads some source cases under some fifty changes each step"
    Config: ClassVar[type[BaseModel]] = AcquisitionMatchingConfig

    def __init__(self, config: AcquisitionMatchingConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config, stand_in = self.config, pair.seen_stand_in
        both = replace(pair, source=_twice(pair.seen_source, stand_in.features), stand_in=None)
        space = Space.of(both, root=config.root, most=config.axes)
        # A case counts once, half of it as it is: the strength C then means what it means to the source's probe.
        halves = np.full(len(space.source), 0.5)
        cases = Labelled.of(both, space.source, space.target, config.target_weight, halves)
        fitted = fit_linear(cases, pair.n_classes, pair.seed)
        facts = {"C": fitted.strength, "target_labels": len(pair.target.known), **stand_in.facts()}
        held_out = None if fitted.held_out is None else fitted.held_out[len(stand_in.features) :]
        return Adapted.on_features(
            space.head(fitted.weight, fitted.bias),
            pair,
            history=fitted.sweep,
            facts=facts,
            moved=lambda: Moved("source", signed_root(stand_in.features), None),
            held_out=held_out,
        )


def _twice(source: SourceCases, features: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> SourceCases:
    """Every case with both of its features; a patient stays one."""
    return SourceCases(
        np.concatenate([source.features, features]),
        np.concatenate([source.labels] * 2),
        np.concatenate([source.groups] * 2),
    )

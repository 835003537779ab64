"""Standardise: each site by its own means and deviations, then the source's probe reads the target.

Takes away what a scanner adds to or multiplies every feature with: on pooled features what AdaBN is inside the network.
A difference of class shares moves the means, too, and is taken away with them: under label shift it harms.

Source: Li et al. 2017, Revisiting Batch Normalization for Practical Domain Adaptation (AdaBN).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from medgraft.transfer.adaptation.adaptation import ADAPTATIONS, AdaptationConfig, Adapted, Need, Pair, Root
from medgraft.transfer.adaptation.few_labels import Labelled
from medgraft.transfer.adaptation.moved import Moved
from medgraft.transfer.adaptation.probe import fit_linear
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.root import signed_root

__all__ = ["Standardise", "StandardiseConfig"]

Array = NDArray[np.float64]

_FLAT = 1e-6


class StandardiseConfig(AdaptationConfig):
    """Options of the standardisation."""

    kind: Literal["standardise"] = "standardise"
    root: Root = True


@ADAPTATIONS.register("standardise")
class Standardise:
    """Means and deviations of each side."""

    name: ClassVar[str] = "standardise"
    paper: ClassVar[str] = "Li et al. 2017, Revisiting Batch Normalization for Practical Domain Adaptation"
    needs: ClassVar[frozenset[Need]] = frozenset({"source features"})
    uses_labels: ClassVar[bool] = True
    same_shares: ClassVar[bool] = True
    cost: ClassVar[str] = "seconds: one probe"
    Config: ClassVar[type[BaseModel]] = StandardiseConfig

    def __init__(self, config: StandardiseConfig) -> None:
        self.config = config

    def adapt(self, pair: Pair) -> Adapted:
        """See the module."""
        config, given = self.config, (pair.seen_source.features, pair.target.features)
        source, target = (np.asarray(signed_root(rows) if config.root else rows, np.float64) for rows in given)
        (source_mean, source_scale), (mean, scale) = _moments(source), _moments(target)
        # A column that does not vary on one of the sides tells nothing that holds on both.
        flat = np.isinf(source_scale) | np.isinf(scale)
        source_scale, scale = np.where(flat, np.inf, source_scale), np.where(flat, np.inf, scale)
        sides = (source - source_mean) / source_scale, (target - mean) / scale
        fitted = fit_linear(Labelled.of(pair, *sides, config.target_weight), pair.n_classes, pair.seed)
        folded = LinearHead.folded(fitted.weight, fitted.bias, mean, scale)
        head = LinearHead(folded.weight, folded.bias, config.root)
        both = ~flat
        moved = np.abs(mean - source_mean)[both] / source_scale[both]
        facts = {
            "C": fitted.strength,
            "target_labels": len(pair.target.known),
            "columns_without_spread": int(flat.sum()),
            "median_shift": float(np.median(moved)) if both.any() else 0.0,
        }
        return Adapted.on_features(
            head,
            pair,
            history=fitted.sweep,
            facts=facts,
            moved=lambda: self._moved(sides, mean, np.where(flat, 0.0, scale)),
            held_out=fitted.held_out,
        )

    def _moved(self, sides: tuple[Array, Array], mean: Array, scale: Array) -> Moved:
        """Both sides in the target's units: the target stays where it is, but for columns that are not read."""
        source, target = (rows * scale + mean for rows in sides)
        return Moved("source", *(rows if self.config.root else signed_root(rows) for rows in (source, target)))


def _moments(rows: Array) -> tuple[Array, Array]:
    """Mean and deviation (d,) of each column; infinite where it does not vary."""
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    return mean, np.where(scale > _FLAT * np.maximum(1.0, np.abs(mean)), scale, np.inf)

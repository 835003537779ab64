"""Calibrators one after the other: what was fitted with the model, then what a new site or prevalence adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ArtifactError
from medgraft.measure.calibrating.calibrator import Calibrator
from medgraft.measure.calibrating.catalogue import calibrator_of, content_of
from medgraft.measure.probabilities import checked_probability

__all__ = ["CalibrationChain"]


@dataclass(frozen=True)
class CalibrationChain:
    """``maps`` in the order in which they are applied; without one, probabilities stay as they are."""

    maps: tuple[Calibrator, ...] = ()

    def __call__(self, probability: NDArray[Any]) -> NDArray[np.float64]:
        """Mended probabilities (n, k). Raises ``UsageError`` as each calibrator does."""
        mended = checked_probability(probability, "calibrating")
        for one in self.maps:
            mended = one(mended)
        return mended

    def then(self, further: Calibrator) -> CalibrationChain:
        """This chain, and ``further`` behind it."""
        return CalibrationChain((*self.maps, further))

    def to_dict(self) -> dict[str, Any]:
        """``{maps: [{kind, …}, …]}``, plain data."""
        return {"maps": [content_of(one) for one in self.maps]}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> CalibrationChain:
        """From ``to_dict``; without ``maps`` the empty chain. Raises ``ArtifactError`` for what does not fit."""
        maps = content.get("maps", [])
        if not isinstance(maps, list) or not all(isinstance(one, Mapping) for one in maps):
            raise ArtifactError("reading calibrators: `maps` is no list of calibrators; fit again")
        return cls(tuple(calibrator_of(one) for one in maps))

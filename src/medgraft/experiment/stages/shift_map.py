"""Stage of ``adapt``: source and target on one map before and after, and how far apart they lie.

The plane is fitted once, to the features that the shift was measured on, and serves both drawings. What is after
depends on the method: one that only changes the head leaves features where they are, and nothing is drawn twice; one
that trains a network of its own has a space that the plane does not show, of which there are numbers only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.shift.assessment import Assessment, looked_at
from medgraft.measure.shift.classifier_test import classifier_test
from medgraft.measure.shift.mmd import mmd
from medgraft.measure.shift.plane import Plane
from medgraft.measure.shift.sides import Sides
from medgraft.transfer.adaptation.moved import Moved

__all__ = ["MOST_ON_THE_MAP", "map_content"]

MOST_ON_THE_MAP = 300
"""Cases of each side."""
_DECIMALS = 3


def map_content(sides: Sides, found: Assessment, moved: Moved | None, seed: int) -> dict[str, Any]:
    """``map`` of ``adaptation.json``: plain data. ``sides``: the features that ``found`` is of; ``moved``: of the same
    cases in the same order."""
    rows = sides.drawn(MOST_ON_THE_MAP, np.random.default_rng(seed))
    plane = Plane.of(sides.take(rows))
    content: dict[str, Any] = {
        "moved": "none" if moved is None else moved.side,
        "before": _placed(plane, sides, rows),
        "after": None,
        "auroc": {"before": found.classifier.auroc, "after": None},
        "mmd": {"before": found.mmd.squared, "after": None},
    }
    if moved is not None:
        after = _after(sides, moved)
        if moved.side != "own space":
            content["after"] = _placed(plane, after, rows)
        seen = after.take(looked_at(after, seed))
        content["auroc"]["after"] = classifier_test(seen, draws=1, seed=seed).auroc
        content["mmd"]["after"] = mmd(seen, draws=1, seed=seed).squared
    return content


def _after(sides: Sides, moved: Moved) -> Sides:
    """The same cases where the adapted model reads them."""
    given = sides.features[~sides.is_target], sides.features[sides.is_target]
    parts = [was if now is None else now for was, now in zip(given, (moved.source, moved.target), strict=True)]
    return replace(sides, features=np.concatenate(parts).astype(np.float64))


def _placed(plane: Plane, sides: Sides, rows: NDArray[np.intp]) -> dict[str, list[list[float]]]:
    """Two numbers a case."""
    there, places = sides.is_target[rows], np.round(plane.places(sides.features[rows]), _DECIMALS)
    return {"source": places[~there].tolist(), "target": places[there].tolist()}

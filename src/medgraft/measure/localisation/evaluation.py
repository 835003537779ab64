"""How well maps point at what was outlined, beside maps that know nothing of the picture; intervals over patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.estimate import Estimate
from medgraft.measure.intervals.bootstrap import case_weights
from medgraft.measure.intervals.ranged import ranged_interval
from medgraft.measure.localisation.baselines import centre_blob, mean_outlines
from medgraft.measure.localisation.energy import energy_inside
from medgraft.measure.localisation.pointing import pointing_score
from medgraft.measure.patients import Patients

__all__ = ["BASELINES", "Localised", "evaluate_localisation"]

BASELINES = ("centre blob", "mean of outlines")
_SCORES = {"pointing": pointing_score, "energy": energy_inside}


@dataclass(frozen=True)
class Localised:
    """Mean ``pointing`` and ``energy`` of a method, and by baseline how much more it has (``gain``, paired)."""

    pointing: Estimate
    energy: Estimate
    gain: Mapping[str, Mapping[str, Estimate]]


def evaluate_localisation(
    maps: Mapping[str, NDArray[np.floating]],
    outlines: NDArray[np.bool_],
    *,
    groups: NDArray[np.int64] | None,
    seed: int,
    replicates: int = 1000,
) -> dict[str, Localised]:
    """Scores of each method's maps (n, H, W), and of the baselines, on cases with something outlined (n, H, W).

    ``groups``: patient numbers (n,), ``None`` where unknown. Intervals: bootstrap over patients; gains are paired, case
    by case.
    """
    patients = Patients.of(groups, len(outlines))
    blob = centre_blob(outlines.shape[1]) if len(outlines) else np.zeros((0, 0), np.float32)
    scored: dict[str, Sequence[NDArray[np.floating]]] = {name: list(found) for name, found in maps.items()}
    scored |= dict(zip(BASELINES, ([blob] * len(outlines), list(mean_outlines(outlines, patients))), strict=True))
    drawn = np.concatenate(list(case_weights(patients, replicates, seed)), axis=1)
    scores = {
        name: {
            score: np.array([rule(heat, outline) for heat, outline in zip(found, outlines, strict=True)])
            for score, rule in _SCORES.items()
        }
        for name, found in scored.items()
    }
    return {
        name: Localised(
            **{score: _mean(values, drawn, patients, (0.0, 1.0)) for score, values in own.items()},
            gain={
                baseline: {
                    score: _mean(values - scores[baseline][score], drawn, patients, (-1.0, 1.0))
                    for score, values in own.items()
                }
                for baseline in BASELINES
                if baseline != name
            },
        )
        for name, own in scores.items()
    }


def _mean(
    values: NDArray[np.float64], drawn: NDArray[np.float64], patients: Patients, bounds: tuple[float, float]
) -> Estimate:
    """The mean over cases with its interval; ``drawn`` (n, b) are case weights."""
    value = float(values.mean()) if len(values) else float("nan")
    with np.errstate(invalid="ignore"):
        replicates = values @ drawn / drawn.sum(axis=0)
    low, high = ranged_interval(value, replicates, bounds, patients.count)
    return Estimate(value, low, high, len(values), patients.count if patients.known else None)

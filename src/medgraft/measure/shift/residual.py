"""Does another mixture of classes explain the whole difference? Tested by giving the source the target's mixture.

Source cases are drawn without replacement so that each class has the share that is estimated for the target. If labels
alone have shifted, what is left of the source and the target are then two samples of one population, and the usual
tests with exchange of patients hold; if pictures differ, they are found out. (Weights in place of draws would not do:
a weighted source is noisier than the target, and an exchange of patients would not know.)

The shares are only known within an interval, and wrong shares would look like a shift. So several that are as likely,
the estimates and some of their bootstrap replicates, are tried, and the largest p-value counts (Berger & Boos, JASA
1994;89:1012-1016): a shift of pictures is claimed only if no likely mixture explains the difference.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError
from medgraft.measure.shift.classifier_test import classifier_statistics, held_out_operator
from medgraft.measure.shift.label_shift import LabelShift
from medgraft.measure.shift.mmd import mixture_kernel, mmd_statistics
from medgraft.measure.shift.permutation import allocations, joint_p_value
from medgraft.measure.shift.sides import Sides

__all__ = ["likely_mixtures", "remixed", "residual_p_value"]

Floats = NDArray[np.float64]
DRAWS = 199
REPLICATES_TRIED = 8
_REMIXING, _TRYING = 3, 4
"""Names of the streams of random numbers."""
_NO_SHARE = 1e-9
"""A share below it asks for no case of any set that fits into a memory."""
_SETTLED = 0.5
"""A p-value that no other mixture needs to beat."""


def residual_p_value(
    sides: Sides, labels: NDArray[np.intp], mixtures: Floats, *, draws: int = DRAWS, seed: int = 0
) -> float | None:
    """The largest p-value over ``mixtures`` (k, c), shares of the target's classes; ``labels`` (n,) of the source.

    ``None`` where too few source cases are left for any of them to tell.
    """
    random = np.random.default_rng((_REMIXING, seed))
    found: list[float] = []
    for mixture in mixtures.T:
        kept = remixed(labels, mixture, random)
        try:
            alike = sides.take(np.concatenate([kept, np.flatnonzero(sides.is_target)]))
        except DataError:  # the source has hardly a case of what the target mostly has
            continue
        targets = allocations(alike.patient_is_target, draws, seed)
        operator = held_out_operator(alike, repeats=1, seed=seed)
        found.append(
            joint_p_value(
                mmd_statistics(alike, mixture_kernel(alike.gram), targets),
                classifier_statistics(alike, operator, targets),
            )
        )
        if found[-1] >= _SETTLED:
            break
    return max(found) if found else None


def likely_mixtures(found: LabelShift, seed: int = 0) -> Floats:
    """(k, c): both estimates, and some replicates of the better one, from the most usual to the least."""
    random = np.random.default_rng((_TRYING, seed))
    count = min(REPLICATES_TRIED, found.drawn.shape[1])
    chosen = found.drawn[:, random.choice(found.drawn.shape[1], count, replace=False)]
    chosen = chosen[:, np.argsort(np.abs(chosen - found.em.value[:, None]).max(axis=0), kind="stable")]
    return np.column_stack([found.em.value, chosen, found.bbse.value])


def remixed(labels: NDArray[np.intp], mixture: Floats, random: np.random.Generator) -> NDArray[np.intp]:
    """Rows of as many cases as there can be with ``mixture`` (k,) as the shares of their classes, drawn without
    replacement; a class that has no case has no part."""
    counts = np.bincount(labels, minlength=len(mixture)).astype(np.float64)
    wanted = np.where(counts > 0, mixture, 0.0)
    if not wanted.sum() > 0:
        return np.zeros(0, np.intp)
    wanted = wanted / wanted.sum()
    asked = wanted > _NO_SHARE
    total = float((counts[asked] / wanted[asked]).min())
    rows = [
        random.permutation(np.flatnonzero(labels == code))[: int(np.floor(total * share + 1e-9))]
        for code, share in enumerate(wanted)
    ]
    return np.sort(np.concatenate(rows)).astype(np.intp)

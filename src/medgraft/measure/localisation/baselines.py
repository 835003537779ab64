"""Maps that know nothing of the picture: what a heat map must beat before it can be said to point at anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.measure.patients import Patients

__all__ = ["centre_blob", "mean_outlines"]

_WIDTH = 0.25


def centre_blob(side: int) -> NDArray[np.float32]:
    """(side, side): a bell in the middle, whose standard deviation is a quarter of the side. Findings tend to be near
    the middle of a picture."""
    place = (np.arange(side) - (side - 1) / 2) / (_WIDTH * side)
    bell = np.exp(-0.5 * place**2)
    return np.asarray(np.outer(bell, bell), np.float32)


def mean_outlines(outlines: NDArray[np.bool_], patients: Patients) -> NDArray[np.float32]:
    """(n, H, W): for each case the mean of the ``outlines`` (n, H, W) of all *other* patients, who know where findings
    usually are. Zero where there is no other patient."""
    total = outlines.sum(axis=0, dtype=np.float64)
    own = np.zeros((patients.count, *outlines.shape[1:]))
    np.add.at(own, patients.codes, outlines)
    sizes = np.bincount(patients.codes, minlength=patients.count)
    others = np.maximum(len(outlines) - sizes, 1)
    return np.asarray(((total - own) / others[:, None, None])[patients.codes], np.float32)

"""Groups of rows that are alike, each of a least size: averages of them can be kept where single rows may not.

The row farthest from the mean of all that are left takes its nearest ones with it, until fewer than two groups are
left (MDAV). Long tables are cut into pieces first, which keeps the time in proportion to their length.
Source: Domingo-Ferrer & Mateo-Sanz, IEEE Trans Knowledge and Data Engineering 2002;14:189-201.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import UsageError

__all__ = ["alike_groups"]

Floats = NDArray[np.float64]
PIECE = 1000


def alike_groups(rows: Floats, size: int) -> NDArray[np.intp]:
    """(n,) number of each row's group, from 0; every group has ``size`` rows or more, if there are so many."""
    if size < 1 or rows.ndim != 2 or not len(rows):
        raise UsageError(f"grouping rows {rows.shape} by {size}; give rows (n, d), and a size of 1 or more")
    codes, start = np.empty(len(rows), dtype=np.intp), 0
    for piece in np.array_split(np.arange(len(rows)), max(1, len(rows) // max(PIECE, 2 * size))):
        found = _grouped(rows[piece], size)
        codes[piece], start = found + start, start + int(found.max()) + 1
    return codes


def _grouped(rows: Floats, size: int) -> NDArray[np.intp]:
    """All from the products of the rows with each other, whose number does not grow with their width."""
    products = (rows - rows.mean(axis=0)) @ (rows - rows.mean(axis=0)).T
    lengths, sums = np.diagonal(products), products.sum(axis=1)
    codes, left, code = np.zeros(len(rows), dtype=np.intp), np.arange(len(rows)), 0
    while len(left) >= 2 * size:
        from_mean = lengths[left] - 2 / len(left) * sums[left]  # squared, less the same for all
        far = left[int(from_mean.argmax())]
        order = np.argsort(lengths[left] - 2 * products[far, left], kind="stable")
        taken = left[order[:size]]
        codes[taken], code = code, code + 1
        sums = sums - products[:, taken].sum(axis=1)
        left = np.sort(left[order[size:]])
    codes[left] = code
    return codes

"""The contract of a transferability score, and the registry of them.

A score looks at what one frozen source says about labelled target cases and returns one number, higher is better:

    score(inputs, labels) -> float     inputs (n, d) float, labels (n,) int

``takes`` says what the inputs are: ``features`` of the backbone, or the ``source probabilities`` that a classifier
of the source task gives (rows that sum to 1). The number compares sources on the same cases only, and it is a
hint: how far its order can be trusted is measured by ``measure.ranking``. No randomness: the same cases in any
order give the same number. Two classes or more are needed, each with a case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import DataError, UsageError
from medgraft.measure.probabilities import unit_rows
from medgraft.registry import Registry

__all__ = ["TRANSFERABILITY", "Inputs", "TransferScore", "class_codes"]

Floats = NDArray[np.float64]
Inputs = Literal["features", "source probabilities"]


@dataclass(frozen=True)
class TransferScore:
    """One score; ``summary`` is its definition in a sentence, ``compute`` the score of inputs that were checked.

    ``compute`` gets (n, d) float64 and (n,) codes in [0, k), every code with a case.
    """

    name: str
    summary: str
    takes: Inputs
    compute: Callable[[Floats, NDArray[np.intp]], float]

    def __call__(self, inputs: NDArray[Any], labels: NDArray[Any]) -> float:
        """Of ``inputs`` (n, d) and whole-number ``labels`` (n,).

        Raises ``UsageError`` where shapes or types do not fit, ``DataError`` where the values do not serve:
        one class only, numbers that are not finite, rows that are no probabilities.
        """
        values = np.asarray(inputs, dtype=np.float64)
        if values.ndim != 2 or not values.size:
            raise UsageError(f"scoring a source by {self.name}: got {self.takes} of shape {values.shape}; need (n, d)")
        codes = class_codes(labels, len(values), f"scoring a source by {self.name}")
        if not np.isfinite(values).all():
            bad = int((~np.isfinite(values)).any(axis=1).sum())
            raise DataError(
                f"scoring a source by {self.name}: {bad} of {len(values)} cases have {self.takes} that are not "
                "finite; leave these cases out"
            )
        if self.takes == "source probabilities":
            values = self._probabilities(values)
        return float(self.compute(values, codes))

    def _probabilities(self, values: Floats) -> Floats:
        """Rows that sum to exactly 1, where they nearly did."""
        rows = unit_rows(values)
        if rows is None:
            sums = values.sum(axis=1)
            raise DataError(
                f"scoring a source by {self.name}: need probabilities of the source classes, rows that sum to 1; got "
                f"values of {values.min():.3g} to {values.max():.3g}, sums of {sums.min():.3g} to {sums.max():.3g}. "
                "Apply the softmax first, or use a score that takes features"
            )
        return rows


def class_codes(labels: NDArray[Any], cases: int, doing: str) -> NDArray[np.intp]:
    """(n,) codes in [0, k) of whole-number ``labels`` (n,), in the order of the labels; k is at least 2."""
    given = np.asarray(labels)
    if given.shape != (cases,) or not np.issubdtype(given.dtype, np.integer):
        raise UsageError(
            f"{doing}: got labels {given.dtype} of shape {given.shape} for {cases} cases; give one whole number a case"
        )
    found, codes = np.unique(given, return_inverse=True)
    if len(found) < 2:
        raise DataError(f"{doing}: all {cases} cases are of one class; need cases of two classes or more")
    return codes.astype(np.intp)


TRANSFERABILITY: Registry[TransferScore] = Registry("transferability score")

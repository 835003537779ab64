"""Classification: class names to indices, and which of two classes is the one that a test looks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.errors import UsageError
from medgraft.registry import nearest

__all__ = ["Classification", "choose_positive"]

_ABSENCE = re.compile(
    r"^(normal|negative|neg|healthy|control|controls|clear|benign|absent|none|no|false|0)$|^(no|non|not|without)[ _-]",
    re.IGNORECASE,
)


def choose_positive(classes: Sequence[str], asked: str | None) -> tuple[str | None, str | None]:
    """The positive class of two, and a note where it was not asked for; ``(None, None)`` for more classes.

    Without ``asked``: if exactly one name speaks of absence (normal, benign, no_…, 0), the other one, else the
    second in order. Raises ``UsageError`` for a name that is not a class.
    """
    if asked is not None and asked not in classes:
        raise UsageError(
            f"--positive {asked!r}: there is no such class{nearest(asked, classes)}; classes: {', '.join(classes)}"
        )
    if len(classes) != 2:
        return None, None
    if asked is not None:
        return asked, None
    absent = [bool(_ABSENCE.search(name.strip())) for name in classes]
    chosen = classes[0] if absent == [False, True] else classes[1]
    return chosen, f"the positive class is {chosen!r}; another one: --positive NAME"


@dataclass(frozen=True)
class Classification:
    """One label a case. ``labels`` in the order of the network's outputs."""

    labels: tuple[str, ...]
    positive: str | None
    ordered: bool = False

    @property
    def kind(self) -> str:
        """``binary``, ``multiclass``, or ``ordinal`` where the labels are grades from the lowest."""
        if self.ordered:
            return "ordinal"
        return "binary" if len(self.labels) == 2 else "multiclass"

    @property
    def positive_index(self) -> int | None:
        """Index of the positive class of a binary task."""
        return None if self.positive is None else self.labels.index(self.positive)

    def targets(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """The class indices of a cohort's cases."""
        return self.encode(table["label"].tolist())

    def told(self, called: NDArray[np.generic]) -> list[str]:
        """The names of class indices."""
        return [self.labels[int(index)] for index in called]

    def encode(self, labels: Sequence[object]) -> NDArray[np.int64]:
        """Class indices; -1 for a label that is unknown or missing."""
        index = {name: number for number, name in enumerate(self.labels)}
        return np.array([index.get(str(label), -1) for label in labels], dtype=np.int64)

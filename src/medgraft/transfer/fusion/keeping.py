"""The fusion as a file of the bundle, ``clinical.json``: what prediction needs to join and to answer. No row of a
patient: means, spreads, shares, slopes, and names of groups that at least three training patients are in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.clinical.columns import Column
from medgraft.data.clinical.table import ClinicalRows
from medgraft.errors import ArtifactError
from medgraft.files import read_json, write_json, write_manifest
from medgraft.transfer.fusion.fusion import Fusion

__all__ = ["ClinicalModel"]

_FILE = "clinical.json"


@dataclass(frozen=True)
class ClinicalModel:
    """``labels`` in the order of the chances; ``thresholds`` of ``table`` and ``both`` where there are two classes;
    ``by``: what rows are joined by; ``join``: the column's name, where the user gave it."""

    fusion: Fusion
    labels: tuple[str, ...]
    by: str
    join: str | None
    thresholds: Mapping[str, float]

    @property
    def columns(self) -> tuple[Column, ...]:
        """What a table must hold."""
        return tuple(Column(one.name, one.kind) for one in self.fusion.encoder.columns)

    def told(self, rows: ClinicalRows) -> list[str]:
        """What an answer rests on, in words (n,): which values were missing, which groups the model does not know."""
        missing = rows.values.isna().to_numpy()
        names = np.array([column.name for column in rows.columns], dtype=object)
        unknown = np.column_stack([one.unknown(rows.values[one.name]) for one in self.fusion.encoder.columns])
        return [
            "image and table"
            + (f"; missing: {', '.join(names[gone])}" if gone.any() else "")
            + (f"; a group the model does not know: {', '.join(names[new])}" if new.any() else "")
            if there
            else "image alone: no row in the table"
            for there, gone, new in zip(rows.found, missing, unknown, strict=True)
        ]

    def answers(self, image: NDArray[np.float64], rows: ClinicalRows) -> NDArray[np.float64]:
        """(n, classes): by image and table where there is a row, else those of the image (n, classes)."""
        found = rows.found
        answered = image.copy()
        if found.any():
            answered[found] = self.fusion.of_both(image[found], rows.take(found))
        return answered

    def keep(self, bundle: Path) -> None:
        """Join the bundle, and its manifest."""
        content: dict[str, Any] = {"labels": list(self.labels), "by": self.by, "join": self.join}
        write_json(bundle / _FILE, {**content, "thresholds": dict(self.thresholds), **self.fusion.to_json()})
        write_manifest(bundle)

    @classmethod
    def of_bundle(cls, bundle: Path) -> ClinicalModel | None:
        """From a verified bundle; ``None`` where it holds none. Raises ``ArtifactError`` for one that does not fit."""
        if not (bundle / _FILE).is_file():
            return None
        content = read_json(bundle / _FILE)
        try:
            fusion = Fusion.restore(content)
            labels = tuple(str(label) for label in content["labels"])
            return cls(fusion, labels, content["by"], content["join"], dict(content["thresholds"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(
                f"reading {bundle / _FILE}: it does not fit this medgraft ({error!r}); fit again"
            ) from error

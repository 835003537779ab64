"""``predict --explain``: a heat map for each answered case, as PNG files and a table that joins them to the answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import ReaderError
from medgraft.experiment.run import require_empty
from medgraft.experiment.stages.heat_maps import HeatMaps, explained_class, telling_slices
from medgraft.experiment.stages.workspace import pictures_of
from medgraft.experiment.tables import write_csv
from medgraft.files import write_bytes
from medgraft.insight.explanation.catalogue import DEFAULT_METHOD
from medgraft.insight.explanation.overlay import encoded, overlaid
from medgraft.insight.explanation.similar import Gallery, read_gallery
from medgraft.progress import Progress
from medgraft.use.prediction.predictor import Predicted, Predictor

__all__ = ["Explaining", "explain_cases", "gallery_of"]

TABLE = "explanations.csv"


@dataclass(frozen=True)
class Explaining:
    """What is asked for: the folder ``out`` (new or empty), and a method of ``EXPLAINERS``."""

    out: Path
    method: str = DEFAULT_METHOD

    def check(self, *, overwrite: bool) -> None:
        """Raises ``UsageError`` where the folder holds something."""
        require_empty(self.out, overwrite=overwrite)


def gallery_of(run: Path) -> Gallery | None:
    """The training cases of a run's or a bundle's folder, where the bundle was fitted ``--with-gallery``."""
    return read_gallery(run / "bundle" if (run / "bundle").is_dir() else run)


def explain_cases(
    predictor: Predictor,
    table: pd.DataFrame,
    answer: Predicted,
    asked: Explaining,
    *,
    gallery: Gallery | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Write ``CASE.png`` (of volumes ``CASE-slice-007.png``: the three slices that count most) and ``explanations.csv``
    into the folder; give the table: case_id, slice, explained, probability, method, picture, and where there is a
    gallery ``similar`` (``label (case, cosine)``, the likest first).

    ``table`` has the columns of a cohort, row by row with ``answer``. Each picture is as the network sees it, and
    beside it with its map. What cannot be read has no row. Raises ``UsageError`` where the method does not fit the run.
    """
    progress, bundle, reader = progress or Progress(), predictor.bundle, ImageReader()
    maps = HeatMaps(bundle, predictor.job(), asked.method, reader=reader, engine=predictor.engine)
    good = [row for row in range(len(table)) if row not in answer.embedding.failures]
    targets = dict(zip(good, explained_class(bundle, answer.probability[good]).tolist(), strict=True)) if good else {}
    near = _near(gallery, answer, good)
    rows, pictures = list[dict[str, Any]](), pictures_of(table)
    for row in progress.track(good, total=len(good), label="explaining"):
        case, target = str(table["case_id"].iloc[row]), targets[row]
        try:
            found = maps.of(pictures[row], target, telling_slices(bundle, answer.embedding, row, target))
        except ReaderError as error:
            progress.notice(f"explaining: a picture cannot be read again ({error}); it is left out")
            continue
        for one in found:
            name = f"{case}.png" if one.slice is None else f"{case}-slice-{one.slice:03d}.png"
            write_bytes(asked.out / name, encoded(overlaid(one.pixels, one.heat)), private=True)
            told = {"case_id": case, "slice": one.slice, "explained": bundle.task.labels[target]}
            told |= {"probability": answer.probability[row, target], "method": asked.method, "picture": name}
            rows.append(told | near.get(row, {}))
    columns = ["case_id", "slice", "explained", "probability", "method", "picture", *(["similar"] if near else [])]
    result = pd.DataFrame(rows, columns=columns).astype({"slice": "Int64"})
    write_csv(asked.out / TABLE, result)
    return result


def _near(gallery: Gallery | None, answer: Predicted, good: list[int]) -> dict[int, dict[str, str]]:
    """By row: the likest training cases as text."""
    if gallery is None or not good:
        return {}
    found = gallery.nearest(answer.embedding.features[np.array(good)])
    return {
        row: {"similar": "; ".join(f"{one.label} ({one.case_id}, {one.cosine:.2f})" for one in some)}
        for row, some in zip(good, found, strict=True)
    }

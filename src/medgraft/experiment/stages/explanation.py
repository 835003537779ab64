"""Stage: why some test cases got their answers. Writes ``explanations.json``, and the pictures to ``private/``.

HiResCAM of the surest right, the surest wrong and the borderline cases, with the training cases most like each; where
masks lie beside the pictures, how well maps point at what is outlined, on test cases drawn at random (those that are
shown were not: they are the extremes). Both together take ``MOST_SECONDS`` of work once the network is ready: what does
not fit is left out and counted, but for one case of each kind. Work, not time on the wall, so that a busy machine tells
no less.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.errors import ReaderError, UsageError
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.heat_maps import HeatMap, HeatMaps, telling_slices
from medgraft.experiment.stages.picture_outlines import picture_outlines
from medgraft.experiment.stages.telling_cases import KINDS, TellingCase, telling_cases
from medgraft.experiment.stages.workspace import Workspace, pictures_of
from medgraft.experiment.tables import write_table
from medgraft.files import write_json, write_manifest
from medgraft.insight.explanation.catalogue import DEFAULT_METHOD
from medgraft.insight.explanation.overlay import encoded, overlaid
from medgraft.insight.explanation.similar import Gallery
from medgraft.measure.localisation.evaluation import Localised, evaluate_localisation
from medgraft.source.embedding.cases import CaseEmbedding
from medgraft.transfer.models.bundle import Bundle

__all__ = ["MOST_SCORED", "MOST_SECONDS", "explanation_stage", "localisation_content", "training_gallery"]

MOST_SECONDS, MOST_SCORED = 10.0, 24


def explanation_stage(work: Workspace) -> None:
    """See the top; nothing where no case is asked for (``evaluation.explained = 0``) or none was held out."""
    gallery = training_gallery(work)
    if gallery is not None and work.config.bundle.gallery:
        gallery.write(work.run.bundle)
        write_manifest(work.run.bundle)
    number, rows = work.config.evaluation.explained, _rows(work, "test")
    if number and len(rows) and work.bundle is not None and work.embedding is not None:
        _Stage(work, work.bundle, work.embedding, rows, gallery).write(number)


def training_gallery(work: Workspace) -> Gallery | None:
    """The training cases by their features; ``None`` where there are none."""
    rows = _rows(work, "train")
    if work.embedding is None or not len(rows):
        return None
    table = work.cohort.table.iloc[rows]
    return Gallery.of(
        work.embedding.features[rows], table["case_id"].astype(str).tolist(), table["label"].astype(str).tolist()
    )


def _rows(work: Workspace, part: str) -> NDArray[np.int64]:
    """Rows of the cohort that are in it."""
    return np.flatnonzero([name == part for name in work.parts()]).astype(np.int64)


@dataclass
class _Stage:
    """``rows`` of the cohort: the test cases; answers and targets below count through them."""

    work: Workspace
    bundle: Bundle
    embedding: CaseEmbedding
    rows: NDArray[np.int64]
    gallery: Gallery | None

    def write(self, number: int) -> None:
        """Both files."""
        work = self.work
        table = work.cohort.table.iloc[self.rows]
        chances = self.bundle.head.answers(self.embedding.bags.take(self.rows))
        chosen = telling_cases(self.bundle, chances, work.task.targets(table), number)
        maps, reason = self._opened()
        began = time.thread_time()
        shown, pictures = list[dict[str, Any]](), list[dict[str, Any]]()
        for case in chosen:
            if len(shown) >= len(KINDS) and time.thread_time() - began > MOST_SECONDS:
                break
            drawn = self._maps(maps, case.row, case.target)
            shown.append(self._told(case, drawn, float(chances[case.row, case.target])))
            pictures += [self._picture(case, one) for one in drawn]
        if len(shown) < len(chosen):
            work.progress.notice(
                f"explaining: {len(shown)} of {len(chosen)} cases within {MOST_SECONDS:.0f} s; more with "
                "predict --explain"
            )
        scores = self._scores(maps, began) if maps is not None else None
        if pictures:
            write_table(work.run.private / "explanations.parquet", pd.DataFrame(pictures), private=True)
        content = {"split": "test", "method": None if maps is None else DEFAULT_METHOD, "reason": reason}
        write_json(work.run / "explanations.json", {**content, "cases": shown, "localisation": scores})

    def _opened(self) -> tuple[HeatMaps | None, str | None]:
        """The bundle opened for maps, or why it cannot be."""
        try:
            return HeatMaps(self.bundle, self.work.job, DEFAULT_METHOD, reader=self.work.reader), None
        except UsageError as error:
            self.work.progress.notice(f"no heat maps: {error}")
            return None, str(error)

    def _maps(self, maps: HeatMaps | None, row: int, target: int) -> list[HeatMap]:
        work, case = self.work, int(self.rows[row])
        if maps is None:
            return []
        (picture,) = pictures_of(work.cohort.table.iloc[[case]])
        try:
            return maps.of(picture, target, self._slices(case, target))
        except ReaderError as error:  # it was read before: the file has changed since, or is gone
            work.progress.notice(f"explaining: a picture cannot be read again ({error}); it is left out")
            return []

    def _slices(self, case: int, target: int) -> list[int]:
        return telling_slices(self.bundle, self.embedding, case, target)

    def _told(self, case: TellingCase, drawn: list[HeatMap], chance: float) -> dict[str, Any]:
        """Its entry in ``explanations.json``."""
        work, row = self.work, int(self.rows[case.row])
        near = [] if self.gallery is None else self.gallery.nearest(self.embedding.features[[row]])[0]
        return {
            "case_id": str(work.cohort.table["case_id"].iloc[row]),
            "kind": case.kind,
            "explained": self.bundle.task.labels[case.target],
            "probability": chance,
            "slices": [one.slice for one in drawn if one.slice is not None],
            "similar": [vars(one) for one in near],
        }

    def _picture(self, case: TellingCase, one: HeatMap) -> dict[str, Any]:
        return {
            "case_id": str(self.work.cohort.table["case_id"].iloc[int(self.rows[case.row])]),
            "kind": case.kind,
            "slice": one.slice or 0,
            "jpeg": encoded(overlaid(one.pixels, one.heat), "JPEG"),
        }

    def _scores(self, maps: HeatMaps, began: float) -> dict[str, Any] | None:
        """How well maps point at what is outlined; ``None`` where nothing is."""
        work, table = self.work, self.work.cohort.table.iloc[self.rows]
        targets = work.task.targets(table)
        if targets.ndim == 2:
            return None  # a mask does not say of which label it is
        positive = work.task.positive_index
        rows = np.flatnonzero(targets == positive if positive is not None else targets >= 0)
        order = np.random.default_rng(work.config.seed).permutation(rows)
        outlines, heats, scored = list[NDArray[np.bool_]](), list[NDArray[np.float32]](), list[int]()
        for row in order.tolist():
            if len(scored) == MOST_SCORED or time.thread_time() - began > MOST_SECONDS:
                break
            pictures = pictures_of(table.iloc[[row]])
            (outline,) = picture_outlines(pictures, self.bundle.preprocessing, work.reader)
            drawn = [] if outline is None else self._maps(maps, row, int(targets[row]))
            if outline is not None and drawn:
                outlines.append(outline)
                heats.append(drawn[0].heat)
                scored.append(row)
        if not scored:
            return None
        groups = patient_numbers(table["patient_id"].iloc[scored])
        found = evaluate_localisation(
            {DEFAULT_METHOD: np.stack(heats)},
            np.stack(outlines),
            groups=groups,
            seed=work.config.seed,
            replicates=work.config.evaluation.replicates,
        )
        return localisation_content(found)


def localisation_content(found: dict[str, Localised]) -> dict[str, Any]:
    """For JSON: by method ``pointing``, ``energy`` and ``gain``."""
    return {
        name: {
            "pointing": one.pointing.to_dict(),
            "energy": one.energy.to_dict(),
            "gain": {
                baseline: {score: estimate.to_dict() for score, estimate in gains.items()}
                for baseline, gains in one.gain.items()
            },
        }
        for name, one in found.items()
    }

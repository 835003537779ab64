"""Stage of ``evaluate``: what the run answers when the pictures get worse; writes ``robustness.json``.

The evaluated cases, as they are and spoilt by every corruption that can happen to their modality at five severities, go
through the run's own engine and head; the answers are those that the run would give, at its own cuts. At most
``MOST_CASES`` cases take part, whole patients drawn from the seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.imaging.facts import PixelFacts
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import WHOLE
from medgraft.errors import UsageError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.target_labels import patient_codes
from medgraft.experiment.stages.workspace import pictures_of
from medgraft.experiment.tables import read_table
from medgraft.files import write_json
from medgraft.measure.patients import Patients
from medgraft.measure.robustness import robustness_curves
from medgraft.progress import Progress
from medgraft.source.embedding.prepared import PreparedPixels
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.robustness.corrupted_answers import corrupted_answers
from medgraft.transfer.robustness.corruptions.corruption import CORRUPTIONS
from medgraft.transfer.robustness.corruptions.policy import corruptions_for
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.types import Modality
from medgraft.use.prediction.predictor import Predictor

__all__ = [
    "MOST_CASES",
    "Evaluated",
    "asked_again",
    "drawn_by_patient",
    "modality_of",
    "require_pictures",
    "robustness_content",
    "robustness_stage",
]

MOST_CASES = 200


@dataclass(frozen=True)
class Evaluated:
    """A part of ``metrics.json`` by its name: n labelled cases that can be read, ``table`` with the columns of a cohort
    and ``facts`` of each. ``seed`` and ``replicates`` as for its metrics."""

    part: str
    table: pd.DataFrame
    facts: Sequence[PixelFacts | None]
    seed: int
    replicates: int


def require_pictures(table: pd.DataFrame) -> None:
    """Raise ``UsageError`` where cases are volumes."""
    if (table["member"] == WHOLE).any():
        raise UsageError(
            "--corruptions or --attacks on volumes: they are of pictures; leave them out, or evaluate a run on pictures"
        )


def robustness_stage(run: RunFolder, predictor: Predictor, evaluated: Evaluated, progress: Progress) -> dict[str, Any]:
    """Write ``robustness.json`` and give its content."""
    bundle = predictor.bundle
    chosen, cases = asked_again(bundle, evaluated, MOST_CASES, "robustness", progress)
    channels, truth = bundle.preprocessing.channels, cases.labels
    modality = modality_of(evaluated.table, evaluated.facts, run)
    names = corruptions_for(modality, channels)
    found = corrupted_answers(predictor.of_pixels(), cases, names, seed=evaluated.seed, progress=progress)
    scores = (
        _scores(bundle, found.clean, truth),
        {name: np.stack([_scores(bundle, one, truth) for one in some]) for name, some in found.spoilt.items()},
    )
    content = robustness_content(evaluated, chosen, scores, (modality, channels))
    write_json(run / "robustness.json", content)
    return content


def asked_again(
    bundle: Bundle, evaluated: Evaluated, most: int, label: str, progress: Progress
) -> tuple[pd.DataFrame, Examples]:
    """The cases that take part, ``most`` of them in whole patients, and their prepared pixels with labels; a notice
    where not all do."""
    table = evaluated.table
    rows = drawn_by_patient(table, most, evaluated.seed)
    chosen = table.iloc[rows].reset_index(drop=True)
    if len(rows) < len(table):
        progress.notice(f"{label}: {len(rows)} of {len(table)} cases take part, drawn by patient")
    pixels = PreparedPixels(pictures_of(chosen), bundle.preprocessing, ImageReader())
    truth = bundle.task.targets(chosen)
    return chosen, Examples(np.arange(len(rows)), truth, np.ones(len(rows)), rows, PixelFeed(pixels))


def robustness_content(
    evaluated: Evaluated,
    chosen: pd.DataFrame,
    scores: tuple[NDArray[np.float64], Mapping[str, NDArray[np.float64]]],
    kind: tuple[str, int],
    *,
    measure: str = "accuracy",
) -> dict[str, Any]:
    """Of ``robustness.json``. ``scores`` of the cases ``chosen``, 0 to 1: clean (n,), and (severities, n) by the
    name of a corruption; ``measure``: whose they are. ``kind``: modality and channels."""
    mean, each = robustness_curves(
        *scores,
        Patients.of(patient_numbers(chosen["patient_id"]), len(chosen)),
        seed=evaluated.seed,
        replicates=evaluated.replicates,
    )
    return {
        "split": evaluated.part,
        "measure": measure,
        "modality": kind[0],
        "channels": kind[1],
        "seed": evaluated.seed,
        "cases": len(evaluated.table),
        "mean": mean.to_dict(),
        "corruptions": [
            {"name": name, "summary": CORRUPTIONS.get(name).summary.partition(";")[0], **curve.to_dict()}
            for name, curve in each.items()
        ],
    }


def drawn_by_patient(table: pd.DataFrame, most: int, seed: int) -> NDArray[np.int64]:
    """Rows of whole patients, drawn until no further one fits into ``most``, in the order of the table; cases of one
    patient where he alone has more."""
    groups = patient_codes(table)
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    taken = list[int]()
    for patient in order.tolist():
        rows = np.flatnonzero(groups == patient).tolist()
        if len(taken) + len(rows) <= most or not taken:
            taken += rows[:most]
    return np.array(sorted(taken), dtype=np.int64)


def _scores(bundle: Bundle, probability: NDArray[np.float64], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n,) 1 where the answer is right, 0 where it is wrong; of several labels the share of the known ones."""
    known = truth >= 0
    right = (bundle.called(probability) == truth) & known
    if truth.ndim == 1:
        return np.asarray(right, np.float64)
    return np.asarray(right.sum(axis=1) / known.sum(axis=1), np.float64)


def modality_of(table: pd.DataFrame, facts: Sequence[PixelFacts | None], run: RunFolder) -> str:
    """As the user says of these cases, else as their files say, else as the run's own cases are said to be."""
    told = [
        set(table["modality"].astype(str)),
        {str(one.modality) for one in facts if one is not None},
        set(read_table(run / "cohort.parquet")["modality"].astype(str)),
    ]
    known = next((kinds for kinds in told if kinds - {str(Modality.UNKNOWN)}), set[str]())
    return known.pop() if len(known) == 1 else str(Modality.UNKNOWN)

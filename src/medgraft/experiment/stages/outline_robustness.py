"""Stage of ``evaluate`` of a run that outlines: Dice under attack (``attacks.json``) and on worse pictures
(``robustness.json``), of at most so many cases, whole patients drawn from the seed.

Attacks are FGSM and PGD of 20 steps, on the loss that outlines are learnt by, at 1, 2 and 4 of 255 grey levels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.attacking import LEVELS, MOST_ATTACKED
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.outlines import StudyReader
from medgraft.experiment.stages.robustness import (
    MOST_CASES,
    Evaluated,
    drawn_by_patient,
    modality_of,
    robustness_content,
)
from medgraft.files import write_json
from medgraft.measure.segmentation.evaluation import CaseScores, evaluate_outlines
from medgraft.measure.segmentation.mask_metric import Score
from medgraft.progress import Progress
from medgraft.transfer.robustness.attacks.attack import Attack
from medgraft.transfer.robustness.attacks.fgsm import Fgsm
from medgraft.transfer.robustness.attacks.pgd import Pgd
from medgraft.transfer.robustness.corruptions.policy import corruptions_for
from medgraft.transfer.robustness.robust_outlines import OutlineTrial, attacked_dice, corrupted_dice

__all__ = ["OutlinesEvaluated", "attacks_stage", "outline_corruptions_stage"]

ATTACKS: dict[str, Attack] = {"fgsm": Fgsm(), "pgd": Pgd(steps=20)}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OutlinesEvaluated:
    """A part of ``metrics.json`` by its name: ``rows`` of the cohort that ``studies`` reads, outlined by ``trial``."""

    part: str
    studies: StudyReader
    rows: Sequence[int]
    trial: OutlineTrial
    replicates: int

    @property
    def table(self) -> pd.DataFrame:
        """Of the cohort, the rows that were judged."""
        return self.studies.cohort.table.iloc[list(self.rows)]

    def drawn(self, most: int, label: str, progress: Progress) -> list[int]:
        """Places in ``rows`` that take part."""
        chosen = drawn_by_patient(self.table, most, self.trial.seed).tolist()
        if len(chosen) < len(self.rows):
            progress.notice(f"{label}: {len(chosen)} of {len(self.rows)} cases take part, drawn by patient")
        return [int(place) for place in chosen]


def attacks_stage(run: RunFolder, given: OutlinesEvaluated, progress: Progress) -> dict[str, Any]:
    """Write ``attacks.json`` and give its content. Raises ``UsageError`` for volumes."""
    places = given.drawn(MOST_ATTACKED, "attacks", progress)
    clean, found = list[Floats](), {name: list[Floats]() for name in ATTACKS}
    for place in progress.track(places, total=len(places), label=f"attacking {len(places)} cases"):
        study = given.studies(given.rows[place])
        epsilons = [level / 255 for level in LEVELS]
        dice, moved = attacked_dice(given.trial, study, given.rows[place], ATTACKS, epsilons)
        clean.append(dice)
        for name, one in moved.items():
            found[name].append(one)
    groups = patient_numbers(given.table["patient_id"].iloc[places])

    def told(scores: Floats) -> dict[str, Any]:
        return _estimates(scores, given, groups)

    attacks = []
    for name, each in found.items():
        values = np.stack(each)  # (cases, epsilons, structures)
        steps = [{"level": level, **told(values[:, place])} for place, level in enumerate(LEVELS)]
        attacks.append({"name": name, "epsilons": steps})
    content = {
        "split": given.part,
        "measure": "dice",
        "seed": given.trial.seed,
        "cases": len(given.rows),
        "clean": told(np.stack(clean)),
        "attacks": attacks,
    }
    write_json(run / "attacks.json", content)
    return content


def outline_corruptions_stage(run: RunFolder, given: OutlinesEvaluated, progress: Progress) -> dict[str, Any]:
    """Write ``robustness.json`` and give its content. Raises ``UsageError`` for volumes."""
    places = given.drawn(MOST_CASES, "robustness", progress)
    channels = given.trial.outliner.preprocessing.channels
    modality = modality_of(given.table, [], run)
    names = corruptions_for(modality, channels, moving=False)
    clean, spoilt = list[float](), {name: list[Floats]() for name in names}
    for place in progress.track(places, total=len(places), label=f"spoiling {len(places)} cases"):
        dice, found = corrupted_dice(given.trial, given.studies(given.rows[place]), given.rows[place], names)
        clean.append(float(dice.mean()))
        for name, one in found.items():
            spoilt[name].append(one.mean(axis=1))
    scores = np.array(clean), {name: np.stack(each, axis=1) for name, each in spoilt.items()}
    evaluated = Evaluated(given.part, given.table, [], given.trial.seed, given.replicates)
    content = robustness_content(evaluated, given.table.iloc[places], scores, (modality, channels), measure="dice")
    write_json(run / "robustness.json", content)
    return content


def _estimates(scores: Floats, given: OutlinesEvaluated, groups: NDArray[np.int64] | None) -> dict[str, Any]:
    """Dice with its interval, over the structures and of each; ``scores`` (cases, structures)."""
    labels = list(given.trial.names.values())
    cases = [
        CaseScores({label: {"dice": Score(float(value), 1.0)} for label, value in zip(labels, row, strict=True)}, {})
        for row in scores
    ]
    found = evaluate_outlines(cases, groups=groups, seed=given.trial.seed, replicates=given.replicates)
    each: Mapping[str, Any] = found["per_class"]
    return {"overall": found["dice"], "per_class": {label: one["dice"] for label, one in each.items()}}

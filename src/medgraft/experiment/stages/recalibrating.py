"""Stage of ``evaluate``: probabilities for the new site, from some of its labelled cases or from its prevalence.

Cases that the map is made from are whole patients, drawn at random (not in turn from each class: how common a class is
at the site is part of what is learnt), and judge nothing; all others are judged before and after. The cut is carried
along with the probabilities of two classes, so that the calls stay what they were; of more classes the likeliest is
called, and may be another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import CohortError, UsageError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.robustness import Evaluated, drawn_by_patient
from medgraft.experiment.stages.target_labels import patient_codes
from medgraft.experiment.tables import read_table
from medgraft.measure.calibrating.before_after import before_after
from medgraft.measure.calibrating.catalogue import content_of
from medgraft.measure.calibrating.new_site import prior_corrected, recalibrated
from medgraft.measure.calibrating.shift_scale import ShiftScale
from medgraft.measure.threshold import predicted_class
from medgraft.transfer.models.bundle import Bundle

__all__ = ["NewSite", "Recalibrated", "recalibrate"]

FEWEST = 10
"""Cases, to learn from and to judge by."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NewSite:
    """What is known of the site: ``labelled`` cases to learn from, or else the ``prevalence`` of the positive class."""

    labelled: int = 0
    prevalence: float | None = None

    def require_fit(self, bundle: Bundle) -> None:
        """Told before anything is read."""
        task = bundle.task
        if (self.labelled or self.prevalence is not None) and task.kind == "multi-label":
            raise UsageError(
                f"recalibrating: a case of this run has several labels ({', '.join(task.labels)}); it is for one label "
                "a case: leave --recalibrate and --prevalence out"
            )
        if self.labelled and self.labelled < FEWEST:
            raise UsageError(f"--recalibrate {self.labelled}: give {FEWEST} labelled cases or more to learn from")
        if self.prevalence is None:
            return
        if not 0 < self.prevalence < 1 or task.positive_index is None:
            raise UsageError(
                f"--prevalence {self.prevalence:g} with the classes {', '.join(task.labels)}: it is the share, above 0 "
                "and below 1, of the positive class of two"
            )


@dataclass(frozen=True)
class Recalibrated:
    """The cases that judge, as they were answered; ``content`` is for ``trust.json``, ``None`` where nothing was asked
    for."""

    evaluated: Evaluated
    probability: Floats
    features: NDArray[np.float32]
    content: dict[str, Any] | None


def recalibrate(
    run: RunFolder,
    evaluated: Evaluated,
    answers: tuple[Floats, NDArray[np.float32]],
    bundle: Bundle,
    site: NewSite,
) -> Recalibrated:
    """``answers``: mended probabilities and features of the evaluated cases. Raises ``CohortError`` for too few."""
    probability, features = answers
    if not site.labelled and site.prevalence is None:
        return Recalibrated(evaluated, probability, features, None)
    table, truth = evaluated.table, bundle.task.targets(evaluated.table)
    judged = np.arange(len(table))
    if site.labelled:
        learnt = drawn_by_patient(table, site.labelled, evaluated.seed)
        judged = np.setdiff1d(judged, learnt)
        if len(judged) < FEWEST or len(np.unique(truth[learnt])) < 2:
            raise CohortError(
                f"recalibrating with {site.labelled} of {len(table)} cases: {len(judged)} are left to judge by, and "
                f"{len(np.unique(truth[learnt]))} classes are among those to learn from; {FEWEST} and 2 are needed"
            )
        found, told = recalibrated(truth[learnt], probability[learnt], groups=patient_codes(table)[learnt]), learnt
    else:
        found, told = prior_corrected(*_shares(run, bundle, float(site.prevalence or 0))), np.zeros(0, np.int64)
    rest = replace(evaluated, table=table.iloc[judged], facts=[evaluated.facts[row] for row in judged.tolist()])
    content = {
        "from": "labels" if site.labelled else "prevalence",
        "cases": len(told),
        "patients": len(np.unique(patient_codes(table)[told])),
        "prevalence": None if site.labelled else site.prevalence,
        "map": content_of(found),
        **_judged(rest, truth[judged], probability[judged], found, bundle),
    }
    return Recalibrated(rest, probability[judged], features[judged], content)


def _shares(run: RunFolder, bundle: Bundle, prevalence: float) -> tuple[Sequence[float], Sequence[float]]:
    """Shares of the classes where the model learnt, and at the site."""
    rows = read_table(run / "predictions.parquet")
    trained = rows.loc[rows["split"] == "train", "y_true"].astype(str)
    before = [float((trained == label).mean()) for label in bundle.task.labels]
    after = [prevalence if label == bundle.task.positive else 1 - prevalence for label in bundle.task.labels]
    return before, after


def _judged(
    rest: Evaluated, truth: NDArray[np.int64], before: Floats, found: ShiftScale, bundle: Bundle
) -> dict[str, Any]:
    """Scores before and after, and the share of right answers."""
    positive, cut = bundle.task.positive_index, bundle.calibration.threshold
    after, groups = found(before), patient_numbers(rest.table["patient_id"])
    moved = None
    if cut is not None and positive is not None:
        pair = np.array([[cut, cut]])
        pair[0, 1 - positive] = 1 - cut
        moved = float(found(pair)[0, positive])
    called = [predicted_class(said, at, positive) for said, at in ((before, cut), (after, moved))]
    scores = before_after(
        truth, (before, after), positive=positive, groups=groups, replicates=rest.replicates, seed=rest.seed
    )
    accuracy = {name: float((one == truth).mean()) for name, one in zip(("before", "after"), called, strict=True)}
    return {**scores.to_dict(), "accuracy": accuracy, "threshold": moved}

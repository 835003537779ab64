"""``predict`` and ``evaluate`` on new data, with a bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.clinical.options import ClinicalOptions
from medgraft.data.cohort.cohort import Cohort, Quarantined
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import CohortError, UsageError
from medgraft.experiment.build import choose_device
from medgraft.experiment.config import FitConfig
from medgraft.experiment.explaining import Explaining, explain_cases, gallery_of
from medgraft.experiment.run import RunFolder
from medgraft.experiment.seen import tell_seen
from medgraft.experiment.stages.admission import labelled_alike, lost_cases, tell_lost, unseen
from medgraft.experiment.stages.evaluating import (
    answers_of,
    evaluate_part,
    majority_of,
    prediction_rows,
    write_trust,
)
from medgraft.experiment.stages.external_part import external_part, keep_metrics
from medgraft.experiment.stages.external_tables import ExternalTables
from medgraft.experiment.stages.given_files import read_given
from medgraft.experiment.stages.recalibrating import NewSite, Recalibrated, recalibrate
from medgraft.experiment.stages.robustness import Evaluated, require_pictures, robustness_stage
from medgraft.experiment.stages.slices import slice_weights
from medgraft.experiment.stages.trust_content import trust_content, trust_metrics
from medgraft.experiment.stages.workspace import pictures_of, read_told
from medgraft.experiment.tables import read_table, write_csv, write_table
from medgraft.experiment.with_table import answers_with_table, clinical_model
from medgraft.files import read_json
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.embedding.cases import CaseEmbedding
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.tasks.task import Task
from medgraft.use.prediction.predictor import Predictor
from medgraft.use.report.render import render_report

__all__ = ["Prediction", "evaluate_run", "predict_files"]


_MUCH_REFUSED = 0.2
"""Share of refused cases from which it is a warning."""


@dataclass(frozen=True)
class Prediction:
    """``table``: file, member, case_id, prediction (none where the gate refuses the case), one ``p_<label>`` a class
    (of several labels a case also ``called_<label>``), slice (of a volume: the one that counted most, from 1), reason
    (for what could not be read), set, abstain and strangeness (see ``abstaining``)."""

    table: pd.DataFrame
    forward_passes: int
    warnings: list[str]


def predict_files(
    run: Path,
    files: Sequence[Path],
    *,
    out: Path | None = None,
    paths: bool = True,
    explain: Explaining | None = None,
    options: CohortOptions | None = None,
    clinical: ClinicalOptions | None = None,
    device: str = "auto",
    home: Home | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> Prediction:
    """Answers for files, folders or tables of pictures; labels are not needed and not looked at. ``explain``: with a
    heat map of each (see ``explain_cases``); with a ``clinical`` table: by image and table (see ``with_table``)."""
    progress, home, reader = progress or Progress(), home or Home.find(), ImageReader()
    if out is not None and out.exists() and not overwrite:
        raise UsageError(f"--out {out}: it exists already; give another name, or --overwrite")
    if explain is not None:
        explain.check(overwrite=overwrite)
    predictor = Predictor.load(run, home, device=choose_device(device))
    for told in _cheapest_cuts(predictor.bundle):
        progress.notice(told)
    model = clinical_model(run, clinical or ClinicalOptions())
    given = read_given(files, options or CohortOptions(), home, reader, progress)
    table = given.table
    answer = predictor.predict(pictures_of(table), reader=reader, progress=progress)
    if explain is not None:
        explain_cases(predictor, table, answer, explain, gallery=gallery_of(run), progress=progress)
    columns: dict[str, Any] = {"file": table["path"], "member": table["member"], "case_id": table["case_id"]}
    columns["prediction"] = answer.label
    for column, label in enumerate(predictor.bundle.task.labels):
        columns[f"p_{label}"] = answer.probability[:, column]
    columns |= _called(predictor.bundle, answer.probability)
    if model is not None and clinical is not None:
        columns |= answers_with_table(predictor.bundle, model, clinical, (table, answer), progress)
    weights = slice_weights(predictor.bundle, answer.embedding)
    if weights is not None:
        columns["slice"] = _weightiest(answer.embedding, weights)
    columns["reason"] = [answer.embedding.failures.get(row, "") for row in range(len(table))]
    reliance = answer.reliance
    columns |= {"set": reliance.sets, "abstain": reliance.abstain, "strangeness": reliance.strangeness}
    result = pd.concat([pd.DataFrame(columns), _refused(given.lost, list(columns))], ignore_index=True)
    if not paths:
        result = result.drop(columns=["file"])
    if out is not None:
        write_csv(out, result)
    return Prediction(result, answer.embedding.forward_passes, list(progress.notices))


def _cheapest_cuts(bundle: Bundle) -> list[str]:
    """What is said of cuts that were chosen by the costs of errors."""
    calibration = bundle.calibration
    each = {label: one for label, one in calibration.per_label.items() if one.costs is not None}
    if calibration.costs is not None:
        each[str(bundle.task.positive)] = calibration
    return [
        f"{label!r} is called from {one.threshold:.3f} on: the cheapest cut where a miss costs {one.costs.miss:g} and "
        f"a false alarm {one.costs.false_alarm:g}"
        for label, one in each.items()
        if one.costs is not None and one.threshold is not None
    ]


def _called(bundle: Bundle, probability: NDArray[np.float64]) -> dict[str, Any]:
    """``called_<label>``, 1 or 0, where a case has several labels."""
    if bundle.task.kind != "multi-label":
        return {}
    known, called = np.isfinite(probability[:, 0]), bundle.called(np.nan_to_num(probability))
    return {
        f"called_{label}": pd.Series(called[:, column], dtype="Int64").where(known)
        for column, label in enumerate(bundle.task.labels)
    }


def _asked(options: CohortOptions, task: Task) -> CohortOptions:
    """Where a case has several labels, their columns have the labels' names unless others are given."""
    if task.kind != "multi-label" or options.label_col is not None:
        return options
    return options.model_copy(update={"label_col": task.labels})


def _weightiest(embedding: CaseEmbedding, weights: NDArray[np.float64]) -> list[int | None]:
    """The slice (from 1) that counted most, of each case that has slices."""
    found: list[int | None] = [None] * len(embedding.bags)
    best: dict[int, float] = {}
    for row, case in enumerate(embedding.bags.owners.tolist()):
        if weights[row] > best.get(case, -1.0):
            best[case], found[case] = float(weights[row]), int(embedding.slice_numbers[row]) + 1
    return found


def _refused(lost: Sequence[Quarantined], columns: list[str]) -> pd.DataFrame:
    """Rows for what never became a case, so that no file is lost silently."""
    rows = [
        {"file": item.path, "member": "", "case_id": item.case_id, "reason": item.reason, "abstain": ""}
        for item in lost
    ]
    return pd.DataFrame(rows, columns=columns)


def evaluate_run(
    run: Path,
    data: Path,
    *,
    options: CohortOptions | None = None,
    name: str | None = None,
    on_leak: str = "drop",
    corruptions: bool = False,
    attacks: bool = False,
    site: NewSite | None = None,
    tables: FitConfig | None = None,
    device: str = "auto",
    seed: int = 0,
    home: Home | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """External validation: adds ``external:<name>`` to predictions, metrics, trust and report.

    Returns ``split`` (its name there), ``metrics``, ``trust``, ``warnings``, ``set_aside``, (path, reason) of unusable
    cases, and with ``corruptions`` ``robustness``: what is answered when the pictures get worse (see its stage), with
    ``attacks`` ``attacks``: when they are changed against the model.
    ``site``: see its module; ``tables``: by groups of cases and with a clinical table, as it asks (``ExternalTables``).
    Cases whose picture or patient took part in training or validation are left out and
    counted (``drop``), an ``error``, or kept, and the numbers stamped (``keep``).
    """
    progress, home, reader = progress or Progress(), home or Home.find(), ImageReader()
    folder = RunFolder(run)
    metrics, split = read_json(folder / "metrics.json"), read_json(folder / "split.json")
    predictor, site = Predictor.load(run, home, device=choose_device(device)), site or NewSite()
    site.require_fit(predictor.bundle)
    attack = _attacking(predictor.bundle) if attacks else None
    cohort = read_told(data, _asked(options or CohortOptions(), predictor.bundle.task), home, reader, progress)
    part = external_part(metrics, name or cohort.name, overwrite=overwrite)
    cohort = labelled_alike(cohort, predictor.bundle.task)
    cohort = unseen(cohort, folder, split, on_leak, progress)
    beside = None if tables is None else ExternalTables.joined(tables, run, data, cohort, progress)
    if corruptions or attacks:
        require_pictures(cohort.table)
    tell_seen(predictor.bundle.backbone, cohort.table, "cases", home=home, progress=progress)
    answer = predictor.predict(pictures_of(cohort.table), reader=reader, progress=progress)
    good, lost = _readable(cohort, answer.embedding.failures, progress)
    facts, replicates = [answer.embedding.facts[row] for row in good], int(metrics["_meta"]["bootstrap_replicates"])
    evaluated = Evaluated(part, cohort.table.iloc[good], facts, seed, replicates)
    besides = {"robustness": robustness_stage(folder, predictor, evaluated, progress)} if corruptions else {}
    besides |= {"attacks": attack(folder, predictor, evaluated, progress)} if attack else {}
    answers = (answer.probability[good], answer.embedding.features[good])
    judged = recalibrate(folder, evaluated, answers, predictor.bundle, site)
    found, warnings = _joined(folder, metrics, judged, predictor.bundle, site)
    if beside is not None:
        beside.write(folder, judged, predictor.bundle, metrics["_meta"])
    # What the notes of reading say (names of tables, values of columns) is for the terminal, not for the run.
    told = [text for text in progress.notices if text not in cohort.notes]
    keep_metrics(folder, metrics, part, found, [*warnings, *told])
    render_report(run)
    written = {
        "metrics": read_json(folder / "metrics.json")[part],
        "trust": read_json(folder / "trust.json")["splits"][part],
    }
    return {"split": part, **written, "warnings": [*progress.notices, *warnings], "set_aside": lost, **besides}


def _attacking(bundle: Bundle) -> Callable[..., dict[str, Any]]:
    """torch is imported here, to attack and not to evaluate. Raises ``UsageError`` for what cannot be attacked."""
    from medgraft.experiment.stages.attacking import attacking_stage, require_attackable

    require_attackable(bundle)
    return attacking_stage


def _joined(
    folder: RunFolder, metrics: Mapping[str, Any], judged: Recalibrated, bundle: Bundle, site: NewSite
) -> tuple[dict[str, Any], list[str]]:
    """The numbers and warnings of the part, whose rows join the run's predictions; its entry goes to ``trust.json``."""
    evaluated = judged.evaluated
    majority, part = majority_of(metrics["_meta"], bundle.task), evaluated.part
    rows = prediction_rows(evaluated.table, part, judged.probability, bundle)
    seed, replicates = evaluated.seed, evaluated.replicates
    found, warnings = evaluate_part(rows, bundle, majority=majority, seed=seed, replicates=replicates)
    before = read_table(folder / "predictions.parquet")
    write_table(folder / "predictions.parquet", pd.concat([before[before["split"] != part], rows], ignore_index=True))
    known = read_json(folder / "trust.json") if (folder / "trust.json").is_file() else {"learnt": {}, "splits": {}}
    settled = read_json(folder / "config.json").get("evaluation", {}).get("prevalence")
    trust = trust_content(
        answers_of(rows, bundle, judged.features),
        bundle,
        prevalence=settled if site.prevalence is None else site.prevalence,
        seed=seed,
        replicates=replicates,
    )
    gate = trust["gate"]
    if gate and gate["refused"]["value"] > _MUCH_REFUSED:
        share = f"{gate['refused']['value']:.0%}"
        warnings = [*warnings, f"{share} of the cases are not like the training pictures: predict would refuse them"]
    trust |= {} if judged.content is None else {"recalibration": judged.content}
    write_trust(folder, {**known["learnt"], "splits": {**known["splits"], part: trust}})
    written = read_json(folder / "trust.json")["splits"][part]  # what is not defined is null there
    return found | trust_metrics(written), warnings


def _readable(
    cohort: Cohort, failures: Mapping[int, str], progress: Progress
) -> tuple[list[int], list[tuple[str, str]]]:
    """Rows that can be read, and (path, reason) of every case that has no number, which are counted in a notice."""
    lost = lost_cases(cohort, failures)
    tell_lost(lost, progress)
    if len(failures) == len(cohort):
        raise CohortError(f"evaluating {cohort.name}: none of its pictures can be read")
    return [row for row in range(len(cohort)) if row not in failures], lost

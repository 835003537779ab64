"""Stage of ``shift`` and ``adapt``: a source and a target cohort as one model sees them.

The source of a *run* is what its network has not learnt from: of a frozen backbone the cases of cross-validation, with
their out-of-fold answers, of a trained one the validation cases (features of training cases lie apart from all others).
The test cases take no part. A source that is *data* is embedded with a backbone, and where it has labels a linear
probe answers, by patient-grouped folds for the source itself.

Both sides go through the same backbone and preprocessing: a run's own, or those that fit the source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.folds import folds_for
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import CohortError, ConfigError, UsageError
from medgraft.experiment.build import build_source, choose_device
from medgraft.experiment.config import FitConfig
from medgraft.experiment.run import RunFolder
from medgraft.experiment.sections import BackboneSection, PreprocessSection
from medgraft.experiment.stages.admission import lost_cases, tell_lost
from medgraft.experiment.stages.workspace import pictures_of, read_told
from medgraft.experiment.tables import read_table
from medgraft.home import Home
from medgraft.measure.patients import Patients
from medgraft.progress import Progress
from medgraft.source.embedding.cases import CaseEmbedding, embed_cases
from medgraft.source.embedding.sampling import sampled
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.models.root import signed_root
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.scored import Cases
from medgraft.types import Modality
from medgraft.use.prediction.predictor import Predictor

__all__ = ["Side", "SideBySide", "is_run", "patients_of", "sides_of_data", "sides_of_run"]

_INNER_FOLDS = 5


@dataclass(frozen=True)
class Side:
    """n cases that can be read: ``table`` with the columns of a cohort, their ``embedding``, and ``probability`` (n, k)
    where a model answers. ``lost``: (path, reason) of the others, for the terminal only."""

    name: str
    table: pd.DataFrame
    embedding: CaseEmbedding
    probability: NDArray[np.float64] | None
    lost: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SideBySide:
    """``labels``: the classes in the order of the probabilities, empty where there are none. ``threshold``: the cut of
    the class ``positive``, where one decides."""

    source: Side
    target: Side
    labels: tuple[str, ...] = ()
    positive: int | None = None
    threshold: float | None = None

    @property
    def truth(self) -> NDArray[np.int64]:
        """(n,) class indices of the source; -1 where unknown."""
        index = {name: number for number, name in enumerate(self.labels)}
        return np.array([index.get(str(label), -1) for label in self.source.table["label"]], dtype=np.int64)


def is_run(place: Path) -> bool:
    """Whether ``place`` is a run folder. Raises ``UsageError`` for a bundle alone, which holds no case."""
    if (place / "bundle").is_dir():
        return True
    if (place / "model.json").is_file():
        raise UsageError(
            f"comparing with {place}: it is a bundle, which holds no case to compare with; give the run folder that it "
            "comes from, or the source's data"
        )
    return False


def patients_of(table: pd.DataFrame) -> NDArray[np.int64]:
    """(n,) patient numbers in the order of the table; -1 where unknown."""
    return np.asarray(pd.factorize(table["patient_id"])[0], dtype=np.int64)


def sides_of_run(run: Path, target: Path, settings: FitConfig, home: Home, progress: Progress) -> SideBySide:
    """Raises ``ConfigError`` where another backbone or preprocessing than the run's is asked for."""
    if settings.backbone != BackboneSection() or settings.preprocess != PreprocessSection():
        raise ConfigError(
            f"comparing with the run {run}: its own backbone and preprocessing are what its answers rest on; leave "
            "--backbone, --weights and preprocess.* out, or give the source's data in place of the run"
        )
    reader = ImageReader()
    predictor = Predictor.load(run, home, device=choose_device(settings.device))
    bundle = predictor.bundle
    ours, answered = _held_out_cases(RunFolder(run), bundle, progress)
    there = read_told(target, settings.data, home, reader, progress)
    _require_same_modality(_common_modality(ours.table), _modality_of(there, settings, home, reader))
    task = bundle.task
    _tell_other_classes(there, () if task.kind == "multi-label" else task.labels, progress)
    here = predictor.embed(pictures_of(ours.table), reader=reader, progress=progress)
    answer = predictor.predict(pictures_of(there.table), reader=reader, progress=progress)
    asked = answered is not None and task.kind != "multi-label"
    return SideBySide(
        source=_side("source", ours, here, answered if asked else None, progress),
        target=_side("target", there, answer.embedding, answer.probability if asked else None, progress),
        labels=task.labels if asked else (),
        positive=task.positive_index,
        threshold=bundle.calibration.threshold,
    )


def _held_out_cases(folder: RunFolder, bundle: Bundle, progress: Progress) -> tuple[Cohort, NDArray[np.float64] | None]:
    """Cases that the network has not learnt from, and honest answers for them, if there are any."""
    links = folder.private / "links.parquet"
    if not links.is_file():
        raise UsageError(
            f"comparing with the run {folder.path}: its private/links.parquet is not here, so that its pictures cannot "
            "be found; use the run in the house where it was made, or give the source's data in place of the run"
        )
    cohort, predictions = read_table(folder / "cohort.parquet"), read_table(folder / "predictions.parquet")
    parts = [name for name in (("cv", "val") if bundle.frozen else ("val",)) if (predictions["split"] == name).any()]
    if not parts and not bundle.frozen:
        raise CohortError(
            f"comparing with the run {folder.path}: its network was trained and it has no validation cases, and "
            "features of cases that it has learnt from lie apart from all others; fit with a validation part"
        )
    rows = predictions[predictions["split"] == (parts[0] if parts else "train")]
    columns = [f"p_{label}" for label in bundle.task.labels]
    answers = rows.groupby("case_id", sort=False)[columns].mean().dropna()
    table = cohort[cohort["case_id"].isin(answers.index)].merge(read_table(links), on="case_id", validate="1:1")
    ours = Cohort(table, bundle.task.labels, kind="cases of a run", name=folder.path.resolve().name)
    if not parts:
        progress.notice("the run has no answers on cases that it has not learnt from: what matters cannot be told")
        return ours, None
    return ours, answers.loc[table["case_id"]].to_numpy(dtype=np.float64)


def sides_of_data(source: Path, target: Path, settings: FitConfig, home: Home, progress: Progress) -> SideBySide:
    """A source that is data: see the module."""
    reader = ImageReader()
    ours = read_told(source, settings.data, home, reader, progress)
    there = read_told(target, settings.data, home, reader, progress)
    pictures = pictures_of(ours.table)
    looked = sampled(pictures, home, reader)
    _require_same_modality(str(settings.data.modality or looked.modality), _modality_of(there, settings, home, reader))
    job, preprocessing = build_source(settings, pictures, home, reader, looked)
    here, far = (
        embed_cases(each, job, preprocessing, reader=reader, engine=settings.engine, progress=progress)
        for each in (pictures, pictures_of(there.table))
    )
    first, second = _side("source", ours, here, None, progress), _side("target", there, far, None, progress)
    labels = () if ours.multi_label else ours.classes
    _tell_other_classes(there, labels, progress)
    return _probed(SideBySide(first, second, labels), settings.seed, progress)


def _probed(both: SideBySide, seed: int, progress: Progress) -> SideBySide:
    """With the answers of a linear probe on the source, where it has labels enough."""
    truth, table = both.truth, both.source.table
    if len(both.labels) < 2 or (truth < 0).any():
        progress.notice(
            "the source has no labels of two classes: the mixture of classes and the accuracy to expect cannot be told"
        )
        return SideBySide(both.source, both.target)
    groups = Patients.of(patients_of(table), len(table)).codes.astype(np.int64)
    if folds_for(truth, groups, _INNER_FOLDS, seed) is None:
        progress.notice(
            "a class of the source has cases of one patient only: the mixture of classes and the accuracy to expect "
            "cannot be told"
        )
        return SideBySide(both.source, both.target)
    rows, far = (signed_root(side.embedding.features) for side in (both.source, both.target))
    with threadpool_limits(1, user_api="blas"):
        fitted = LinearProbe(LinearProbeConfig()).fitted(
            Cases(rows, truth, groups, len(both.labels)), inner_folds=_INNER_FOLDS, seed=seed
        )
        answered = fitted.chances(far)
    return replace(
        both,
        source=replace(both.source, probability=fitted.held_out),
        target=replace(both.target, probability=answered),
    )


def _side(
    role: str, cohort: Cohort, embedding: CaseEmbedding, probability: NDArray[np.float64] | None, progress: Progress
) -> Side:
    """The cases that can be read; the others are counted in a notice."""
    table, lost = cohort.table, lost_cases(cohort, embedding.failures)
    good = np.array([row not in embedding.failures for row in range(len(table))], dtype=bool)
    if not good.any():
        raise CohortError(
            f"comparing cohorts: none of the {len(table)} pictures of the {role} can be read (the first: "
            f"{lost[0][1] if lost else 'unknown'}); were they moved?"
        )
    tell_lost(lost, progress, f" of the {role}")
    kept = table[good].reset_index(drop=True)
    return Side(
        cohort.name, kept, embedding.take(good), None if probability is None else probability[good], tuple(lost)
    )


def _common_modality(table: pd.DataFrame) -> str:
    kinds = set(table["modality"].astype(str))
    return kinds.pop() if len(kinds) == 1 else str(Modality.UNKNOWN)


def _modality_of(cohort: Cohort, settings: FitConfig, home: Home, reader: ImageReader) -> str:
    """As the user says, else as the files say."""
    return str(settings.data.modality or sampled(pictures_of(cohort.table), home, reader).modality)


def _require_same_modality(source: str, target: str) -> None:
    if source != target and str(Modality.UNKNOWN) not in (source, target):
        raise CohortError(
            f"comparing cohorts: the source is {source} and the target {target}; a model of one says nothing of the "
            "other, and no adaptation bridges that. If the files say it wrongly, say --modality"
        )


def _tell_other_classes(target: Cohort, labels: tuple[str, ...], progress: Progress) -> None:
    """Labels of the target are not used; that they are of another question is worth knowing."""
    foreign = sorted(set(target.classes) - set(labels)) if labels and not target.multi_label else []
    if foreign:
        progress.notice(
            f"the target has the classes {', '.join(map(repr, foreign[:5]))}, which the source has not "
            f"({', '.join(labels)}): its labels are not looked at here; if it asks another question, what is told of "
            "classes and accuracy is worth nothing"
        )

"""The only file that turns configuration into objects."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.labels import require_trainable
from medgraft.data.cohort.read import read_cohort
from medgraft.data.cohort.targets import PREFIX
from medgraft.data.imaging.defaults import intensity_for
from medgraft.data.imaging.preprocess import CtWindows, Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import WHOLE
from medgraft.data.phantom.receipt import is_phantom
from medgraft.errors import ConfigError
from medgraft.experiment.clinical_table import clinical_rows
from medgraft.experiment.config import FitConfig
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.subgroups import group_columns
from medgraft.experiment.stages.workspace import Workspace, pictures_of
from medgraft.experiment.teacher import Teacher
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.embed import Picture
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.sampling import Sampled, sampled
from medgraft.transfer.detection.settings import DETECTION_STRATEGIES
from medgraft.transfer.segmentation.settings import OUTLINE_STRATEGIES
from medgraft.transfer.strategies.strategy import STRATEGIES, Strategy, tasks_of
from medgraft.transfer.tasks.classification import Classification, choose_positive
from medgraft.transfer.tasks.detection import Detection
from medgraft.transfer.tasks.multi_label import MultiLabel
from medgraft.transfer.tasks.segmentation import Segmentation
from medgraft.transfer.tasks.task import Task

__all__ = ["build_source", "build_workspace", "choose_device", "data_digest"]

OUTLINING: dict[str, tuple[str, ...]] = {"segmentation": OUTLINE_STRATEGIES, "detection": DETECTION_STRATEGIES}
"""The strategies of the tasks that outline."""


def choose_device(asked: str) -> str:
    """``auto`` is cuda where an NVIDIA driver is present, else cpu; asking torch itself would cost seconds."""
    if asked != "auto":
        return asked
    return "cuda" if Path("/proc/driver/nvidia/version").exists() else "cpu"


def data_digest(cohort: Cohort) -> str:
    """sha256 over what the data are: content, label, patient, site and given split of every case, in order."""
    columns = ["sha256", "member", "label", "patient", "site", "split"]
    columns += [name for name in cohort.table.columns if str(name).startswith(PREFIX)]
    text = cohort.table[columns].astype(str).to_csv(index=False)
    targets = cohort.outlines_digest()
    return hashlib.sha256(f"{cohort.classes}{text}{targets}".encode("utf-8", "surrogateescape")).hexdigest()


def build_source(
    config: FitConfig, pictures: Sequence[Picture], home: Home, reader: ImageReader, seen: Sampled | None = None
) -> tuple[Job, Preprocessing]:
    """The backbone as a job for an engine, and the preprocessing that travels with it.

    ``seen``: what the pictures have in common, where that is known already.
    """
    backbone = resolve_backbone(config.backbone.name, weights=config.backbone.weights, home=home, seed=config.seed)
    backbone = backbone if config.backbone.readout == "stages" else backbone.pooled()
    backbone = backbone if config.backbone.volumes == "slices" else backbone.inflated()
    facts, wanted = backbone.facts, config.preprocess
    device = choose_device(config.device)
    job = Job(backbone, facts.checksum, 3, wanted.size or facts.size, home, device)
    seen = seen or sampled(pictures, home, reader)
    intensity = wanted.intensity
    if intensity == "auto":
        intensity = intensity_for(config.data.modality or seen.modality, seen.unit)
    fills = isinstance(intensity, CtWindows) and len(intensity.windows) == 3
    planes = wanted.planes
    if planes == "auto":
        planes = 3 if seen.volumes and seen.channels == 1 and not fills and wanted.channels != 1 else 1
    channels = wanted.channels
    if channels == "auto":
        channels = 3 if seen.channels == 3 or fills or planes == 3 else 1
    preprocessing = Preprocessing(
        size=job.size,
        channels=channels,
        fit=wanted.fit,
        interpolation="bilinear" if facts.interpolation == "bilinear" else "bicubic",
        intensity=intensity,
        filters=wanted.filters,
        planes=planes,
        slices=wanted.slices,
    )
    backbone = backbone.for_channels(preprocessing.channels)
    return replace(job, backbone=backbone, channels=preprocessing.channels), preprocessing


def build_workspace(
    data: Path, out: Path, config: FitConfig, *, home: Home, progress: Progress, overwrite: bool
) -> tuple[Workspace, bool]:
    """Everything that ``fit`` needs, and whether that very run is already complete in ``out``."""
    reader = ImageReader()
    cohort = read_cohort(data, config.data, home=home, reader=reader, progress=progress)
    cohort = _labelled_only(cohort, progress)
    require_trainable(cohort, config.data.positive)
    for note in cohort.notes:
        progress.notice(note)
    config = _for_volumes(config, cohort)
    strategy = STRATEGIES.get(str(config.strategy["kind"]))(config.strategy_config())
    _require_gallery(strategy, config)
    task = _task(cohort, config, progress)
    _require_task(strategy, config, task)
    config.trust.require_fit(task)
    clinical, clinical_digest = clinical_rows(config, cohort, progress)
    by = group_columns(config, cohort, clinical, data)
    run = RunFolder(out)
    # The backbone is resolved before anything is written: a wrong name costs nothing.
    pictures = pictures_of(cohort.table)
    seen = sampled(pictures, home, reader)
    if config.data.modality is None:  # the files say it (DICOM), or nobody does
        cohort = replace(cohort, table=cohort.table.assign(modality=str(seen.modality)))
    job, preprocessing = build_source(config, pictures, home, reader, seen)
    _require_network(strategy, job.backbone.facts)
    _require_parts(strategy, job.backbone.facts)
    config, teacher = _teacher(config, cohort, home)
    resolved = _resolved(config, job, preprocessing, cohort, data)
    if teacher is not None:
        resolved["resolved"]["teacher"] = teacher.facts()
    if clinical_digest is not None:
        resolved["resolved"]["clinical"] = clinical_digest
    if len(by.columns):
        resolved["resolved"]["groups"] = hashlib.sha256(by.to_csv(index=False).encode("utf-8")).hexdigest()
    done = run.begin(resolved, data_digest(cohort), overwrite=overwrite)
    work = Workspace(run, config, home, reader, progress, cohort, task, job, preprocessing, strategy, teacher)
    work.clinical, work.by = clinical, by
    return work, done


def _teacher(config: FitConfig, cohort: Cohort, home: Home) -> tuple[FitConfig, Teacher | None]:
    """The model that the strategy learns from, where it does; the config then names it without its path."""
    if "teacher" not in config.strategy:
        return config, None
    teacher = Teacher.load(str(config.strategy["teacher"]), home, choose_device(config.device))
    teacher.require_fit(cohort.classes)
    return config.model_copy(update={"strategy": {**config.strategy, "teacher": teacher.name}}), teacher


def _task(cohort: Cohort, config: FitConfig, progress: Progress) -> Task:
    """What is asked of a case."""
    if cohort.target != "labels":
        return Segmentation(cohort.classes) if cohort.target == "masks" else Detection(cohort.classes)
    if cohort.multi_label:
        return MultiLabel(cohort.classes)
    positive, chosen = choose_positive(cohort.classes, config.data.positive)
    if chosen is not None:
        progress.notice(chosen)
    return Classification(cohort.classes, positive, ordered=bool(config.data.order))


def _require_task(strategy: Strategy, config: FitConfig, task: Task) -> None:
    """A strategy, and a search, must be able to do the task: told before anything is computed."""
    if task.kind in OUTLINING:
        _require_outlining(config, task)
        return
    able = [name for name in STRATEGIES if task.kind in tasks_of(STRATEGIES.get(name))]
    if config.search.budget is not None and task.kind == "multi-label":
        raise ConfigError(
            f"--budget with a {task.kind} task: a search compares candidates by one label a case; leave --budget out "
            f"and choose the strategy ({', '.join(able)})"
        )
    if (config.evaluation.compare or config.evaluation.learning_curve) and task.kind == "multi-label":
        raise ConfigError(
            f"evaluation.compare and evaluation.learning_curve with a {task.kind} task: they are about one label a "
            "case; leave them out"
        )
    if task.kind not in tasks_of(type(strategy)):
        raise ConfigError(
            f"strategy {config.strategy['kind']} with a {task.kind} task ({', '.join(task.labels)}): it learns one "
            f"label a case; use --strategy {' or '.join(able)}"
        )


def _require_outlining(config: FitConfig, task: Task) -> None:
    """What is outlined is learnt by a few strategies, and is not searched for."""
    kind = str(config.strategy["kind"])
    if kind not in OUTLINING[task.kind]:
        raise ConfigError(f"strategy {kind} with {task.kind}: use --strategy {' or '.join(OUTLINING[task.kind])}")
    if config.search.budget is not None or config.evaluation.compare or config.evaluation.learning_curve:
        raise ConfigError(
            f"--budget, evaluation.compare and evaluation.learning_curve with {task.kind}: they compare classifiers; "
            "leave them out"
        )


def _for_volumes(config: FitConfig, cohort: Cohort) -> FitConfig:
    """With the strategy settled. A backbone that takes volumes needs volumes, all of them."""
    volumes = cohort.table["member"] == WHOLE
    if config.backbone.volumes == "inflated" and not volumes.all():
        raise ConfigError(
            f"backbone.volumes = inflated: {int((~volumes).sum())} of {len(volumes)} cases are pictures; "
            "an inflated network takes volumes: leave the setting out"
        )
    slices = bool(volumes.any()) and config.backbone.volumes == "slices"
    return config.for_cohort(volumes=slices and not cohort.multi_label, outlined=cohort.target != "labels")


def _require_gallery(strategy: Strategy, config: FitConfig) -> None:
    """Rows of patients go into a bundle only where that was asked for: told before anything is computed."""
    if getattr(strategy, "keeps_gallery", False) and not config.bundle.gallery:
        raise ConfigError(
            f"strategy {type(strategy).name}: its bundle would hold a row of features of every training case, which "
            "must not leave the house by accident; add --with-gallery if that is what you want, or use another strategy"
        )


def _require_network(strategy: Strategy, facts: BackboneFacts) -> None:
    """A strategy that trains the backbone needs one that can be trained: told before anything is computed."""
    name = type(strategy).name
    if facts.descriptors and type(strategy).needs_network:
        raise ConfigError(
            f"strategy {name} with the backbone {facts.name!r}: it is hand-crafted, there is no network "
            "to fine-tune; use --strategy linear-probe, or another backbone"
        )
    if facts.parts and type(strategy).needs_network:
        raise ConfigError(
            f"strategy {name} with the backbone {facts.name!r}: several side by side are not one network to fine-tune; "
            "use --strategy linear-probe or stacked, or one backbone"
        )


def _require_parts(strategy: Strategy, facts: BackboneFacts) -> None:
    """A strategy that stacks backbones needs several of them: told before anything is computed."""
    if getattr(strategy, "needs_parts", False) and not facts.parts:
        raise ConfigError(
            f"strategy {type(strategy).name} with the backbone {facts.name!r}: it stacks several; give --backbone "
            "NAME+NAME (each NAME or NAME@WEIGHTS), or use linear-probe"
        )


def _labelled_only(cohort: Cohort, progress: Progress) -> Cohort:
    """Training needs labels: rows without one are left aside, and counted."""
    unlabelled = int(cohort.table["label"].isna().sum()) if cohort.target == "labels" else 0
    if not unlabelled or unlabelled == len(cohort):
        return cohort
    progress.notice(f"{unlabelled} cases have no label and are left aside")
    table: pd.DataFrame = cohort.table[cohort.table["label"].notna()].reset_index(drop=True)
    return replace(cohort, table=table)


def _resolved(config: FitConfig, job: Job, preprocessing: Preprocessing, cohort: Cohort, data: Path) -> dict[str, Any]:
    """The config as it is recorded: every default, and what was resolved from data and backbone."""
    content = config.model_dump(mode="json")
    if config.data.table is not None:
        content["data"]["table"] = config.data.table.name  # config.json is handed on, and may hold no path
    if config.clinical.file is not None:
        content["clinical"]["file"] = config.clinical.file.name
    if preprocessing.size != job.size:
        raise ConfigError(f"preprocess.size {preprocessing.size} and the backbone's {job.size} differ")
    content["cohort_name"], content["synthetic"] = cohort.name, is_phantom(data)
    content["resolved"] = {
        "backbone": {"name": job.backbone.facts.name, "weights": job.backbone.facts.weights, "checksum": job.checksum},
        "preprocessing": preprocessing.model_dump(mode="json"),
        "device": job.device,
    }
    return content

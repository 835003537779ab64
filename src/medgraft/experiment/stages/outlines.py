"""Stages of a segmentation: cases with their label maps, the network, and its own label maps.

Writes ``history.csv`` and the bundle. Label maps that were predicted stay in ``private/outlines`` by the bundle that
made them: whoever goes on after a kill reads them, whole ones only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from medgraft.data.cohort.cohort import Cohort, masks_of
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume import Volume
from medgraft.data.imaging.volume_reader import WHOLE
from medgraft.data.outlines.mask_file import read_mask
from medgraft.data.outlines.statistics import Extent, extent_of
from medgraft.errors import CohortError, MedgraftError, ReaderError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.workspace import Workspace
from medgraft.experiment.tables import write_csv
from medgraft.files import sha256_file, write_bytes, write_json
from medgraft.measure.segmentation.evaluation import CaseScores, score_case
from medgraft.progress import Progress
from medgraft.transfer.segmentation.bundle import (
    OutlineBundle,
    read_outline_bundle,
    write_outline_bundle,
)
from medgraft.transfer.segmentation.learning import Course, learn, start_from
from medgraft.transfer.segmentation.network import NetworkSpec, build_outliner
from medgraft.transfer.segmentation.outliner import Outliner
from medgraft.transfer.segmentation.plan import Fingerprint, Plan, plan_for
from medgraft.transfer.segmentation.prepared import Study, measured
from medgraft.transfer.segmentation.shelf import Shelf
from medgraft.transfer.tasks.segmentation import Segmentation
from medgraft.types import Modality

__all__ = ["LEGEND", "Outlined", "Outlining", "StudyReader", "kept_of", "learn_outlines", "outline_parts"]

LEGEND = "legend.json"
"""In the private part of a run: what the values in its masks mean."""
_MOST_READ = 64
"""Training cases whose shapes make the fingerprint."""


@dataclass(frozen=True)
class StudyReader:
    """The case of a row of a cohort's table, with its label map where the cohort has one. ``labels``: the structures
    whose ids 1, 2, … the label map holds, where these are not the cohort's own; all of the cohort's are among them.
    What is outlined in a case is noted when it is first read, so that telling of the whole cohort reads no volume a
    second time."""

    cohort: Cohort
    reader: ImageReader
    labels: tuple[str, ...] | None = None
    _extents: dict[int, Extent] = field(default_factory=dict)

    def __call__(self, row: int) -> Study:
        """Raises ``ReaderError`` for what cannot be read or does not fit together."""
        content = self.content(row)
        legend = self.cohort.legend
        if legend is None:
            return Study(content)
        found = read_mask(masks_of(str(self.cohort.table["mask"].iloc[row])), legend, content)
        if self.labels is not None and self.labels != legend.names:
            ids = np.array([0, *(self.labels.index(name) + 1 for name in legend.names)], dtype=np.uint8)
            found = ids[found]
        if row not in self._extents:
            self._extents[row] = extent_of(found, self.labels or legend.names, content.spacing)
        return Study(content, found)

    def extent(self, row: int) -> Extent | None:
        """What is outlined in the case; ``None`` where the cohort has no label maps. Errors as of reading it."""
        if row not in self._extents:
            self(row)
        return self._extents.get(row)

    def content(self, row: int) -> Image | Volume:
        """The picture or volume alone."""
        entry = self.cohort.table.iloc[row]
        path, member = Path(str(entry["path"])), str(entry["member"])
        return self.reader.volume(path) if member == WHOLE else self.reader.read(path, member)


def learn_outlines(work: Workspace, studies: StudyReader) -> OutlineBundle:
    """Plan, train, write the bundle."""
    if not isinstance(work.task, Segmentation):
        raise MedgraftError("outlining: the task is not segmentation")
    settings, strategy = work.config.segmentation, str(work.config.strategy["kind"])
    parts = work.parts()
    rows = {name: [row for row, part in enumerate(parts) if part == name] for name in ("train", "val")}
    plan = _plan(work, studies, rows["train"])
    preprocessing = _preprocessing(work.preprocessing)
    backbone = None if plan.dims == 3 else work.job.backbone
    if backbone is not None and strategy == "scratch":
        backbone = backbone.forgotten(work.config.seed)
    spec = NetworkSpec(
        preprocessing.channels, len(work.task.labels) + 1, settings.decoder, settings.width, work.config.seed
    )
    network = build_outliner(spec, plan, backbone)
    if settings.start is not None:
        start_from(
            network, read_outline_bundle(Path(settings.start)).network.state_dict(), "starting from a segmentation"
        )
    course = Course(
        Shelf(studies, plan, preprocessing),
        rows["train"],
        rows["val"],
        plan,
        settings,
        strategy,
        work.run.checkpoints,
        f"{work.cohort.pixels_digest()}|{preprocessing.digest()}|{work.job.identity()}|{work.config.model_dump_json()}",
        work.config.seed,
        work.job.device,
    )
    learned = learn(network, course, work.progress)
    write_csv(work.run / "history.csv", pd.DataFrame(learned.history))
    work.facts = {"segmentation": learned.facts}
    bundle = OutlineBundle(
        learned.network,
        spec,
        plan,
        preprocessing,
        work.task,
        None if backbone is None else backbone.facts,
        settings.model_copy(update={"start": None}),
        strategy,
    )
    write_outline_bundle(work.run.bundle, bundle)
    if work.cohort.legend is not None:
        write_json(work.run.private / LEGEND, work.cohort.legend.to_json(), private=True)
    return bundle


def _plan(work: Workspace, studies: StudyReader, train: Sequence[int]) -> Plan:
    """From the shapes of some training cases, evenly spread over the cohort."""
    if not train:
        raise CohortError("preparing to outline: no case is in the training part; give more cases")
    chosen = [train[int(place)] for place in np.linspace(0, len(train) - 1, min(len(train), _MOST_READ))]
    contents = [studies.content(row) for row in chosen]
    kinds = {isinstance(content, Volume) for content in contents}
    if len(kinds) != 1:
        raise CohortError("preparing to outline: some cases are pictures and some are volumes; fit them apart")
    found = [measured(content) for content in contents]
    shapes, spacings = tuple(shape for shape, _ in found), tuple(spacing for _, spacing in found)
    modality = Modality(str(work.cohort.table["modality"].iloc[train[0]]))
    return plan_for(Fingerprint(shapes, spacings, kinds == {True}, modality), work.config.segmentation)


def _preprocessing(given: Preprocessing) -> Preprocessing:
    """The cohort's, one slice at a time: the plan says which neighbours come along."""
    return given.model_copy(update={"planes": 1, "channels": 1}) if given.planes == 3 else given


@dataclass(frozen=True)
class Outlined:
    """The cases of some parts: ``rows`` of the cohort's table, ``scores`` of each, and ``table``, a row a case and
    structure; ``called(row, study)``: the label map that was predicted."""

    rows: list[int]
    scores: list[CaseScores]
    table: pd.DataFrame
    called: Callable[[int, Study], NDArray[np.uint8]]


def outline_parts(work: Workspace, studies: StudyReader, bundle: OutlineBundle, parts: Sequence[str]) -> Outlined:
    """Every case of ``parts`` outlined and scored."""
    wanted = {row: str(part) for row, part in enumerate(work.parts()) if part in parts}
    return Outlining(studies, bundle, kept_of(work.run), work.job.device).judged(wanted, work.progress)


def kept_of(run: RunFolder) -> Path:
    """Where the label maps of a run's bundle stay."""
    return run.private / "outlines" / sha256_file(run.bundle / "model.safetensors")[:16]


@dataclass(frozen=True)
class Outlining:
    """Cases that ``bundle`` outlines; its label maps are kept in ``folder``. ``names``: the structures that are judged,
    by id, where not all of the bundle's are."""

    studies: StudyReader
    bundle: OutlineBundle
    folder: Path
    device: str
    names: Mapping[int, str] | None = None

    @cached_property
    def called(self) -> Callable[[int, Study], NDArray[np.uint8]]:
        """The label map of a row of the cohort and its study."""
        return _Kept(self.folder, self.bundle.outliner(self.device), self.studies.cohort.table["case_id"])

    def judged(self, parts: Mapping[int, str], progress: Progress, lost: dict[int, str] | None = None) -> Outlined:
        """The cases of rows by their part, scored. Why one cannot be read goes into ``lost``; without it that is
        raised."""
        table, names = self.studies.cohort.table, dict(self.names or self.bundle.task.names)
        rows, scores, frames = list[int](), list[CaseScores](), list[pd.DataFrame]()
        for row in progress.track(list(parts), total=len(parts), label="outlining"):
            try:
                study = self.studies(row)
            except ReaderError as error:
                if lost is None:
                    raise
                lost[row] = str(error)
                continue
            if study.labels is None:
                raise MedgraftError("outlining: a case has no label map, though its cohort has")
            called = self.called(row, study)
            called = np.where(np.isin(called, list(names)), called, np.uint8(0))
            spacing = study.content.spacing
            found = score_case(study.labels, called, names, spacing=spacing)
            rows.append(row)
            scores.append(found)
            frames.append(_rows(table.iloc[row], parts[row], found, (study.labels, called), spacing, names))
        return Outlined(rows, scores, pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(), self.called)


@dataclass(frozen=True)
class _Kept:
    """Label maps of one bundle by row of the cohort's table: made once."""

    folder: Path
    outliner: Outliner
    cases: pd.Series

    def __call__(self, row: int, study: Study) -> NDArray[np.uint8]:
        path = self.folder / f"{self.cases.iloc[row]}.safetensors"
        if path.is_file():
            try:
                found: NDArray[np.uint8] = load(path.read_bytes())["labels"]
                if study.labels is None or found.shape == study.labels.shape:
                    return found
            except (SafetensorError, KeyError):
                path.unlink()
        called = self.outliner(study)
        write_bytes(path, save({"labels": np.ascontiguousarray(called)}), private=True)
        return called


def _rows(
    entry: pd.Series,
    part: str,
    found: CaseScores,
    maps: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    spacing: Sequence[float] | None,
    names: dict[int, str],
) -> pd.DataFrame:
    """One row a structure."""
    voxel, unit = _size(spacing, maps[0].ndim)
    rows = []
    for number, label in names.items():
        sizes = [float(np.count_nonzero(one == number)) * voxel for one in maps]
        scores = {name: score[0] if score[1] > 0 else np.nan for name, score in found.scores[label].items()}
        rows.append(
            {
                **{name: entry[name] for name in ("case_id", "patient_id", "site")},
                "split": part,
                "label": label,
                **scores,
                "volume_true": sizes[0],
                "volume_called": sizes[1],
                "size_unit": unit,
                "empty": str(found.empty[label]),
            }
        )
    return pd.DataFrame(rows)


def _size(spacing: Sequence[float] | None, dims: int) -> tuple[float, str]:
    """What a voxel or pixel counts, and in what."""
    if spacing is None:
        return 1.0, "voxels" if dims == 3 else "pixels"
    each = float(np.prod(list(spacing)))
    return (each / 1000, "mL") if dims == 3 else (each, "mm²")

"""Stage of ``pretrain``: what is learnt from, out of one labelled DATA or several that are pooled.

With labels the cases go the way of ``fit`` (leaks, copies, patient-grouped split) and its test cases stay out. Without
labels every picture of every DATA is taken, slices of volumes too, except the test part of a split that came with the
data; some cases are held out to judge by.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.cohort.identity import content_id
from medgraft.data.cohort.read import read_cohort
from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import WHOLE, slice_member
from medgraft.errors import CohortError, ReaderError, UsageError
from medgraft.experiment.build import build_source, build_workspace, data_digest
from medgraft.experiment.config import FitConfig
from medgraft.experiment.stages.embedding import embedding_stage
from medgraft.experiment.stages.splitting import split_stage
from medgraft.experiment.stages.transferring import material_of
from medgraft.experiment.stages.workspace import pictures_of
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.backbone import Backbone
from medgraft.source.embedding.embed import Picture
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.prepared import DEFAULT_BYTES, PooledPixels, PreparedPixels
from medgraft.source.embedding.sampling import sampled
from medgraft.source.weights.provenance import SourceCohort
from medgraft.types import Modality

__all__ = ["Gathered", "gather_labelled", "gather_pooled"]

_FEWEST = 32
"""Pictures without which a batch is no sample of anything."""
_HELD_OUT, _MOST_HELD_OUT = 0.1, 512
_CHUNK = 64
_HOLDING_OUT = 6
"""Name of the stream of random numbers."""


@dataclass(frozen=True)
class Gathered:
    """n pictures in a fixed order. ``seen``: keyed hashes of the cases; ``identity``: text that differs wherever the
    pixels, their preparation, their parts or labels differ."""

    backbone: Backbone
    device: str
    size: int
    pixels: PooledPixels
    modality: list[str]
    is_val: NDArray[np.bool_]
    labels: NDArray[np.int64]
    n_classes: int
    cohorts: tuple[SourceCohort, ...]
    seen: tuple[str, ...]
    identity: str


def gather_labelled(data: Path, config: FitConfig, home: Home, progress: Progress) -> Gathered:
    """Train and validation cases of DATA. Raises what ``fit`` raises, and ``UsageError`` for volumes."""
    config = config.model_copy(update={"strategy": {"kind": "full"}})
    with tempfile.TemporaryDirectory(prefix="medgraft-pretrain-") as scratch:
        work, _ = build_workspace(data, Path(scratch) / "run", config, home=home, progress=progress, overwrite=False)
        if work.cohort.target != "labels":
            raise UsageError(
                f"pretraining supervised on {data.name}: its cases have {work.cohort.target} and no label; use "
                "--method vicreg, which learns without labels, or name a label with --task classification --label-col"
            )
        if (work.cohort.table["member"] == WHOLE).any():
            raise UsageError(
                f"pretraining supervised on {data.name}: it holds volumes, and labels of volumes say nothing of one "
                "slice; use --method vicreg, which learns from slices without labels"
            )
        embedding_stage(work)
        split_stage(work)
    material = material_of(work)
    _require_enough(int((~material.is_val).sum()), data.name)
    table = work.cohort.table.iloc[material.index]
    pixels = PreparedPixels(pictures_of(table), work.preprocessing, work.reader)
    return Gathered(
        backbone=work.job.backbone,
        device=work.job.device,
        size=work.preprocessing.size,
        pixels=PooledPixels([(pixels, np.arange(len(table)))]),
        modality=[str(item) for item in table["modality"]],
        is_val=material.is_val,
        labels=material.labels,
        n_classes=material.n_classes,
        cohorts=(SourceCohort(name=work.cohort.name, digest=data_digest(work.cohort), cases=len(table)),),
        seen=_content_ids(table, home),
        identity=f"{material.identity}|{material.labels.tolist()}|{material.is_val.tolist()}",
    )


def gather_pooled(data: Sequence[Path], config: FitConfig, home: Home, progress: Progress) -> Gathered:
    """Pictures of every DATA; what cannot be read is left out and counted. Raises ``CohortError`` for too few."""
    reader = ImageReader()
    sets = [_one_set(place, config, home, reader, progress, DEFAULT_BYTES // len(data)) for place in data]
    is_val = _held_out(sets, config.seed)
    _require_enough(int((~is_val).sum()), " + ".join(item.cohort.name for item in sets))
    total = len(is_val)
    prepared = "|".join(f"{item.cohort.digest}|{item.preprocessing.digest()}|{item.rows.tolist()}" for item in sets)
    return Gathered(
        backbone=sets[0].job.backbone,
        device=sets[0].job.device,
        size=sets[0].preprocessing.size,
        pixels=PooledPixels([(item.pixels, item.rows) for item in sets]),
        modality=[item.modality for item in sets for _ in item.rows],
        is_val=is_val,
        labels=np.zeros(total, np.int64),
        n_classes=0,
        cohorts=tuple(item.cohort for item in sets),
        seen=tuple(dict.fromkeys(case for item in sets for case in item.seen)),
        identity=prepared,
    )


@dataclass(frozen=True)
class _Set:
    """One DATA without labels: ``rows`` of ``pixels`` that can be read, each of the case in ``owners``."""

    cohort: SourceCohort
    job: Job
    preprocessing: Preprocessing
    pixels: PreparedPixels
    rows: NDArray[np.int64]
    owners: NDArray[np.int64]
    modality: str
    seen: tuple[str, ...]


def _one_set(data: Path, config: FitConfig, home: Home, reader: ImageReader, progress: Progress, limit: int) -> _Set:
    cohort = read_cohort(data, config.data, home=home, reader=reader, progress=progress)
    tested = cohort.table["split"] == "test"
    if tested.any():
        progress.notice(f"{cohort.name}: its {int(tested.sum())} test cases are left out")
        cohort = replace(cohort, table=cohort.table[~tested].reset_index(drop=True))
    cases = pictures_of(cohort.table)
    looked = sampled(cases, home, reader)
    job, preprocessing = build_source(config, cases, home, reader, looked)
    pictures, owners = _pictures(cases, preprocessing, reader)
    pixels = PreparedPixels(pictures, preprocessing, reader, limit=limit)
    chunks = np.array_split(np.arange(len(pictures)), max(1, -(-len(pictures) // _CHUNK)))
    bad: set[int] = set()
    for chunk in progress.track(chunks, total=len(chunks), label=f"reading {cohort.name}"):
        bad |= pixels.unreadable(chunk).keys() if len(chunk) else set()
    rows = np.array([row for row in range(len(pictures)) if row not in bad], np.int64)
    kept = np.unique(owners[rows])
    lost = len(cases) - len(kept) + len(cohort.quarantined)
    if lost:
        progress.notice(f"{cohort.name}: {lost} cases cannot be read and are left out")
    return _Set(
        cohort=SourceCohort(name=cohort.name, digest=cohort.pixels_digest(), cases=len(kept)),
        job=job,
        preprocessing=preprocessing,
        pixels=pixels,
        rows=rows,
        owners=owners[rows],
        modality=str(config.data.modality or looked.modality or Modality.UNKNOWN),
        seen=_content_ids(cohort.table.iloc[kept], home),
    )


def _pictures(
    cases: Sequence[Picture], preprocessing: Preprocessing, reader: ImageReader
) -> tuple[list[Picture], NDArray[np.int64]]:
    """The cases' pictures, a volume's chosen slices one by one, and the case that each is of."""
    pictures, owners = list[Picture](), list[int]()
    for number, case in enumerate(cases):
        members = [case.member]
        if case.member == WHOLE:
            try:
                members = [slice_member(place) for place in preprocessing.chosen_slices(reader.depth(case.path))]
            except ReaderError:
                members = []
        pictures += [replace(case, member=member) for member in members]
        owners += [number] * len(members)
    return pictures, np.array(owners, np.int64)


def _held_out(sets: Sequence[_Set], seed: int) -> NDArray[np.bool_]:
    """A tenth of each set, at most some hundred in all; slices of one volume stay together, where there are several."""
    share = min(_HELD_OUT, _MOST_HELD_OUT / max(1, sum(len(item.rows) for item in sets)))
    parts = []
    for number, item in enumerate(sets):
        several = len(np.unique(item.owners)) > 1 / _HELD_OUT
        units = item.owners if several else np.arange(len(item.rows))
        drawn = np.random.default_rng((_HOLDING_OUT, seed, number)).permutation(np.unique(units))
        parts.append(np.isin(units, drawn[: int(np.ceil(share * len(drawn)))]))
    return np.concatenate(parts)


def _content_ids(table: pd.DataFrame, home: Home) -> tuple[str, ...]:
    pairs = zip(table["sha256"], table["member"], strict=True)
    return tuple(dict.fromkeys(content_id(home, str(digest), str(member)) for digest, member in pairs))


def _require_enough(count: int, name: str) -> None:
    if count < _FEWEST:
        raise CohortError(
            f"pretraining on {name}: {count} pictures to learn from; at least {_FEWEST} are needed, and thousands are "
            "what makes it worth while"
        )

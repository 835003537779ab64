"""``adapt`` of a run that outlines: its network is brought to another site's pictures, without masks from there.

Masks of the target, where there are some, judge what came out beside the source's model, and are looked at in no other
way. Cases and patients that the source knows judge nothing. ``auto`` keeps the source's model: no score without masks
is known that tells whether an adapted outline is better, and an outline that is worse looks as sure.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import CohortError, ConfigError, DataError, ReaderError, UsageError
from medgraft.experiment.adapt_result import AUTO, AdaptResult
from medgraft.experiment.build import choose_device
from medgraft.experiment.config import FitConfig, config_problems, resolve_config
from medgraft.experiment.evaluating_outlines import judged_names, masked
from medgraft.experiment.run import RunFolder, require_empty
from medgraft.experiment.sections import BackboneSection, PreprocessSection
from medgraft.experiment.stages.adaptation_content import run_warnings
from medgraft.experiment.stages.adapted_folder import BothSites, begin_adapted
from medgraft.experiment.stages.adapted_outlines import AdaptedOutlineRun, write_adapted_outlines
from medgraft.experiment.stages.admission import lost_cases, outlined_alike, tell_lost
from medgraft.experiment.stages.outlines import Outlining, StudyReader, kept_of
from medgraft.experiment.stages.side_by_side import is_run
from medgraft.experiment.stages.source_outlines import outlined_shares, source_cohort
from medgraft.experiment.stages.target_outlines import TargetOutlines, outline_gain, outline_target
from medgraft.experiment.tables import read_table
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.choosing import SOURCE_ONLY
from medgraft.transfer.adaptation.outlines.catalogue import OUTLINE_ADAPTATIONS
from medgraft.transfer.adaptation.outlines.collapse import outline_collapse
from medgraft.transfer.adaptation.outlines.outline_adaptation import AdaptedOutlines, OutlinePair, OutlineSide
from medgraft.transfer.segmentation.bundle import OutlineBundle, read_outline_bundle, write_outline_bundle
from medgraft.transfer.segmentation.prepared import Study
from medgraft.transfer.segmentation.shelf import Shelf
from medgraft.use.report.adaptation import adaptation_sentences
from medgraft.use.report.render import render_report

__all__ = ["adapt_outlined"]

_KEPT = (
    "no score without masks is known that tells whether an adapted outline is better; name a method, and judge it by "
    "some cases with masks"
)


def adapt_outlined(
    run: Path,
    target: Path,
    out: Path,
    *,
    method: str = AUTO,
    labels: int = 0,
    options: Mapping[str, Any] | None = None,
    file: Path | None = None,
    sets: Iterable[str] = (),
    flags: Mapping[str, Any] | None = None,
    home: Home | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> AdaptResult:
    """The same as ``adapt_run`` for a run that outlines; ``method``: of ``OUTLINE_ADAPTATIONS``, or ``auto``."""
    progress, home, began = progress or Progress(), home or Home.find(), time.perf_counter()
    name = _require_asked(run, method, labels, options)
    require_empty(out, overwrite=overwrite)
    settings = resolve_config(file, sets, flags)
    _require_own(settings)
    site = _Site.of(run, _target(target, settings.data, home, progress), choose_device(settings.device), progress)
    adapted = _adapted(name, site, settings.seed, options or {})
    bundle = site.bundle
    if name != SOURCE_ONLY:
        bundle = replace(bundle, network=adapted.network, measurement_error={}, adapted_by=name)
    folder, sites = RunFolder(out), BothSites(site.source, site.cohort.table, judged=np.array(site.judged, np.int64))
    begin_adapted(folder, sites, method=name, seed=settings.seed)
    write_outline_bundle(folder.bundle, bundle)
    before = site.outlined(site.bundle, folder.private / "outlines" / kept_of(site.source).name, progress)
    after = before if name == SOURCE_ONLY else site.outlined(bundle, kept_of(folder), progress)
    shares = {"source": outlined_shares(site.source, bundle.task.names), "before": before.shares, "after": after.shares}
    content = {
        "method": name,
        "asked": method,
        "learnt_labels": 0,
        "judged": len(site.judged),
        "collapsed": None if name == SOURCE_ONLY else outline_collapse(shares["source"] or before.shares, after.shares),
        "facts": adapted.facts,
        "shift": None,
        "acquisition": None,
        "guard": _guard() if method == AUTO else None,
        "result": outline_gain(before.outlined, after.outlined, site.cohort.table, settings.seed),
        "hindsight": None,
        "label_curve": None,
        "map": None,
        "shares": shares,
    }
    seconds = {"adapt": time.perf_counter() - began}
    made = AdaptedOutlineRun(sites, bundle, site.studies, after.outlined, adapted.history, content, seconds)
    metrics = write_adapted_outlines(folder, made, seed=settings.seed, warnings=run_warnings(content))
    render_report(out)
    return AdaptResult(out, content, adaptation_sentences(content), metrics, site.lost, list(progress.notices))


@dataclass(frozen=True)
class _Site:
    """The run ``source`` with its ``bundle``, and the target's cases: ``rows`` that can be read, ``judged`` of them."""

    source: RunFolder
    bundle: OutlineBundle
    cohort: Cohort
    names: dict[int, str]
    rows: list[int]
    judged: list[int]
    lost: list[tuple[str, str]]
    device: str

    @classmethod
    def of(cls, run: Path, cohort: Cohort, device: str, progress: Progress) -> _Site:
        """Raises ``CohortError`` for masks with structures that the run does not know, or pictures that cannot be
        read."""
        bundle, source = read_outline_bundle(run), RunFolder(run)
        names = bundle.task.names
        if cohort.legend is not None:
            names = judged_names(bundle, outlined_alike(cohort, bundle.task), progress)
        studies, lost = StudyReader(cohort, ImageReader(), bundle.task.labels), dict[int, str]()
        for row in range(len(cohort)):
            try:
                studies(row)
            except (ReaderError, DataError) as error:
                lost[row] = str(error)
        rows = [row for row in range(len(cohort)) if row not in lost]
        if not rows:
            raise CohortError(f"adapting to {cohort.name}: none of its cases can be read ({next(iter(lost.values()))})")
        told = lost_cases(cohort, lost)
        tell_lost(told, progress)
        return cls(source, bundle, cohort, names, rows, _judged(source, cohort, rows, progress), told, device)

    @property
    def studies(self) -> StudyReader:
        """Of the target, with masks."""
        return StudyReader(self.cohort, ImageReader(), self.bundle.task.labels)

    def pair(self, seed: int, *, source: bool) -> OutlinePair:
        """What methods may see: of the target no mask, and the ``source`` where it is needed."""
        bundle, studies = self.bundle, self.studies
        target = Shelf(lambda row: Study(studies.content(row)), bundle.plan, bundle.preprocessing)
        there, here = OutlineSide(target, tuple(self.rows)), None
        if source:
            ours = source_cohort(self.source)
            shelf = Shelf(StudyReader(ours, ImageReader(), bundle.task.labels), bundle.plan, bundle.preprocessing)
            here = OutlineSide(shelf, tuple(range(len(ours))))
        classes = len(bundle.task.labels) + 1
        return OutlinePair(bundle.network, bundle.plan, classes, there, here, seed, self.device)

    def outlined(self, bundle: OutlineBundle, folder: Path, progress: Progress) -> TargetOutlines:
        """By a model, whose label maps are kept in ``folder``."""
        judge = Outlining(self.studies, bundle, folder, self.device, self.names)
        return outline_target(judge, self.rows, self.judged, progress)


def _require_asked(run: Path, method: str, labels: int, options: Mapping[str, Any] | None) -> str:
    """The method to use. Told before anything is read."""
    if method == AUTO:
        if options:
            raise ConfigError(f"adapting: {', '.join(options)} with --method auto: options are of one method; name it")
        method = SOURCE_ONLY
    if method not in OUTLINE_ADAPTATIONS and method in ADAPTATIONS:
        raise ConfigError(
            f"adapting by {method}: it is for runs that give labels, it works on features of whole pictures; for "
            f"outlines there are {', '.join(OUTLINE_ADAPTATIONS)}"
        )
    OUTLINE_ADAPTATIONS.get(method)
    if labels:
        raise UsageError(
            f"adapting: --labels {labels} with a run that outlines: no method learns from masks of the target; "
            "`medgraft fit` on them with --set segmentation.start=RUN does"
        )
    if not is_run(run):
        raise UsageError(f"adapting {run}: it is no run folder; give one that `fit` made")
    return method


def _require_own(settings: FitConfig) -> None:
    if settings.backbone != BackboneSection() or settings.preprocess != PreprocessSection():
        raise ConfigError(
            "adapting: the run's own backbone and preprocessing are what it rests on; leave backbone.* and "
            "preprocess.* out"
        )


def _target(target: Path, options: CohortOptions, home: Home, progress: Progress) -> Cohort:
    """With masks where there are some; else its pictures alone, and that is told."""
    reader = ImageReader()
    try:
        cohort = read_cohort(target, masked(options), home=home, reader=reader, progress=progress)
    except CohortError as error:
        if options.task != "auto" or options.mask_col is not None or options.mask_values is not None:
            raise
        cohort = read_cohort(target, options, home=home, reader=reader, progress=progress)
        progress.notice(f"the target is read without masks, so that nothing judges ({error})")
    for note in cohort.notes:
        progress.notice(note)
    return cohort


def _judged(source: RunFolder, cohort: Cohort, rows: list[int], progress: Progress) -> list[int]:
    """Rows with masks whose picture and patient the source does not know."""
    if cohort.legend is None:
        return []
    ours, table = read_table(source / "cohort.parquet"), cohort.table
    known = table["case_id"].isin(ours["case_id"]) | table["patient_id"].isin(ours["patient_id"].dropna())
    if known.any():
        progress.notice(
            f"{int(known.sum())} target cases are of pictures or patients that the source has: they judge nothing"
        )
    return [row for row in rows if not known.iloc[row]]


def _adapted(name: str, site: _Site, seed: int, options: Mapping[str, Any]) -> AdaptedOutlines:
    kind = OUTLINE_ADAPTATIONS.get(name)
    try:
        config = kind.Config(**options)
    except ValidationError as error:
        problems = "; ".join(config_problems(error, "", kind.Config))
        known = ", ".join(sorted(set(kind.Config.model_fields) - {"kind"})) or "no options"
        raise ConfigError(f"adapting by {name}: {problems}; it has {known}") from error
    found: AdaptedOutlines = kind(config).adapt(site.pair(seed, source=kind.needs_source))
    return found


def _guard() -> dict[str, Any]:
    """What ``auto`` decides: see the module."""
    kept = {"jury": "none", "chosen": SOURCE_ONLY, "considered": SOURCE_ONLY, "sureness": 0.5, "votes": {}}
    return {**kept, "reason": _KEPT, "candidates": [], "failed": {}}

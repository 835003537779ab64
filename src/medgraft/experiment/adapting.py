"""``adapt``: a run is brought to another site's data, without labels from there or with a few.

The source's cases are those that its network has not learnt from, as in ``shift``. Labels of the target are looked at
in two ways only: those of ``labels`` cases are learnt from, all others judge what came out, beside the source's model
as it is. Cases and patients of the target that the source knows take no part in judging.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import WHOLE
from medgraft.errors import ConfigError, UsageError
from medgraft.experiment.adapt_result import AUTO, AdaptResult
from medgraft.experiment.build import choose_device
from medgraft.experiment.config import FitConfig, config_problems, resolve_config
from medgraft.experiment.run import RunFolder, require_empty
from medgraft.experiment.shifting import shift_content
from medgraft.experiment.stages.adaptation_content import compared, guard_content, hindsight, run_warnings
from medgraft.experiment.stages.adapted_run import AdaptedRun, write_adapted_run
from medgraft.experiment.stages.label_curve import label_curve
from medgraft.experiment.stages.shift_evidence import evidence_of
from medgraft.experiment.stages.shift_map import map_content
from medgraft.experiment.stages.side_by_side import Side, SideBySide, is_run, sides_of_run
from medgraft.experiment.stages.source_pictures import ChangedPictures
from medgraft.experiment.stages.target_labels import TargetLabels, target_labels
from medgraft.experiment.stages.transferring import weights_checksum
from medgraft.experiment.stages.workspace import pictures_of
from medgraft.home import Home
from medgraft.measure.operating.costs import own_cut
from medgraft.measure.shift.assessment import Assessment, assess
from medgraft.progress import Progress
from medgraft.source.backbones.resolve import backbone_from_facts
from medgraft.source.embedding.prepared import PreparedPixels
from medgraft.transfer.adaptation.adaptation import Adapted, Pair, SourceCases, TargetCases, TargetNetwork
from medgraft.transfer.adaptation.catalogue import ADAPTATIONS
from medgraft.transfer.adaptation.choosing import SOURCE_ONLY, Choice, adapt_automatically
from medgraft.transfer.adaptation.stand_in import StandIn, find_stand_in
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.models.calibration import Calibration
from medgraft.use.prediction.predictor import Predictor
from medgraft.use.report.adaptation import adaptation_sentences
from medgraft.use.report.render import render_report

__all__ = ["adapt_run"]


def adapt_run(
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
    """``method``: of ``ADAPTATIONS``, with its ``options``, or ``auto``. ``labels``: how many labelled target cases are
    learnt from, at least (whole patients)."""
    progress, home, began = progress or Progress(), home or Home.find(), time.perf_counter()
    _require_asked(run, method, labels, options)
    require_empty(out, overwrite=overwrite)
    settings = resolve_config(file, sets, flags)
    both = sides_of_run(run, target, settings, home, progress)
    site = _Site.of(run, both, labels, settings, home, progress)
    progress.step("comparing")
    evidence = evidence_of(both, progress)
    found = assess(evidence, seed=settings.seed)
    pair = site.pair
    if _asks_for_stand_in(method, found):
        pair = replace(pair, stand_in=_stand_in(site, both.source, progress))
    if method == AUTO:
        labels_only = found.kind == "labels"
        choice = adapt_automatically(pair, shifted=found.shifted, labels_only=labels_only, progress=progress)
        name, adapted = choice.chosen, choice.results[choice.chosen]
    else:
        choice, name, adapted = None, method, _adapted(method, pair, options or {})
    bundle = _brought(site, name, adapted)
    probability = _answers(bundle, adapted, both.target, site, progress)
    shift = shift_content(both, evidence, found, settings.seed)
    content = {
        "method": name,
        "asked": method,
        "learnt_labels": len(site.labels.learnt),
        "judged": len(site.labels.judged),
        "collapsed": adapted.collapsed,
        "facts": adapted.facts,
        "shift": {key: shift[key] for key in ("shifted", "p_value", "kind", "overlaps", "label_shift")},
        "acquisition": None if pair.stand_in is None else pair.stand_in.facts(),
        **_outcome(choice, site, probability),
        "label_curve": _label_curve(site, pair, name, options or {}, adapted),
        "map": map_content(evidence.sides, found, adapted.moved and adapted.moved(), settings.seed),
    }
    made = AdaptedRun(
        RunFolder(run),
        both.target,
        bundle,
        site.labels,
        probability,
        adapted.history,
        content,
        {"adapt": time.perf_counter() - began},
    )
    metrics = write_adapted_run(RunFolder(out), made, seed=settings.seed, warnings=run_warnings(content))
    render_report(out)
    lost = [*both.source.lost, *both.target.lost]
    return AdaptResult(out, content, adaptation_sentences(content), metrics, lost, list(progress.notices))


@dataclass(frozen=True)
class _Site:
    """What is adapted, and to what: the run's ``bundle``, the ``pair`` that methods see, and the target's labels."""

    bundle: Bundle
    pair: Pair
    labels: TargetLabels
    table: pd.DataFrame
    home: Home

    @classmethod
    def of(cls, run: Path, both: SideBySide, wanted: int, settings: FitConfig, home: Home, progress: Progress) -> _Site:
        """Raises ``UsageError`` for a run of several labels a case."""
        device = choose_device(settings.device)
        bundle = Predictor.load(run, home, device=device).bundle
        _require_one_label(bundle)
        labels = target_labels(both, bundle.task.labels, wanted, settings.seed, progress)
        return cls(bundle, _pair(both, bundle, labels, settings.seed, device), labels, both.target.table, home)


def _asks_for_stand_in(method: str, found: Assessment) -> bool:
    """``auto`` has no use for one where nothing, or the mixture of classes alone, is found to differ."""
    if method == AUTO:
        return found.shifted and found.kind != "labels"
    return "stand-in" in ADAPTATIONS.get(method).needs


def _stand_in(site: _Site, source: Side, progress: Progress) -> StandIn | None:
    """``None`` of volumes, whose features are of many pictures."""
    if site.pair.network is None or (source.table["member"] == WHOLE).any():
        return None
    network = Predictor(site.bundle, site.home, device=site.pair.device).pixel_features()
    pixels = PreparedPixels(pictures_of(source.table), site.bundle.preprocessing, ImageReader())
    pictures = ChangedPictures(pixels, network, seed=site.pair.seed)
    ours, target = site.pair.seen_source, site.pair.target
    progress.step("looking for what differs in how pictures were taken")
    return find_stand_in(ours.features, ours.groups, target.features, pictures, seed=site.pair.seed, progress=progress)


def _require_asked(run: Path, method: str, labels: int, options: Mapping[str, Any] | None) -> None:
    """Told before anything is read."""
    if method != AUTO:
        ADAPTATIONS.get(method)
    elif options:
        raise ConfigError(
            f"adapting: {', '.join(options)} with --method auto: options are of one method; name it, or leave them out"
        )
    if labels < 0:
        raise UsageError(
            f"adapting: --labels {labels}; give the number of labelled target cases to learn from, 0 or more"
        )
    if not is_run(run):
        raise UsageError(f"adapting {run}: it is no run folder; give one that `fit` made")


def _require_one_label(bundle: Bundle) -> None:
    if bundle.task.kind == "multi-label":
        raise UsageError(
            f"adapting: a case of this run has several labels ({', '.join(bundle.task.labels)}); the methods adapt "
            "models of one label a case: fit one label at a time with --label-col"
        )


def _adapted(method: str, pair: Pair, options: Mapping[str, Any]) -> Adapted:
    kind = ADAPTATIONS.get(method)
    try:
        config = kind.Config(**options)
    except ValidationError as error:
        problems = "; ".join(config_problems(error, "", kind.Config))
        known = ", ".join(sorted(set(kind.Config.model_fields) - {"kind"})) or "no options"
        raise ConfigError(f"adapting by {method}: {problems}; it has {known}") from error
    return kind(config).adapt(pair)


def _brought(site: _Site, name: str, adapted: Adapted) -> Bundle:
    """The bundle of the adapted model. Its cut is chosen on the labels that were learnt from; else on the source's
    cases as the model reads them, each by folds without it; else there is none, and the most probable class is called.
    """
    bundle, learnt, costs = site.bundle, site.labels.learnt, site.bundle.calibration.costs
    if name == SOURCE_ONLY:
        return bundle
    calibration, positive, truth = Calibration(), bundle.task.positive_index, site.labels.truth[learnt]
    if positive is not None and len(np.unique(truth)) == 2:
        cut = own_cut(truth == positive, adapted.probability[learnt, positive], costs)
        calibration = Calibration(threshold=cut, threshold_from="target", costs=costs)
    elif positive is not None and adapted.held_out is not None:
        cut = own_cut(site.pair.seen_source.labels == positive, adapted.held_out[:, positive], costs)
        calibration = Calibration(threshold=cut, threshold_from="source", costs=costs)
    strategy = {**bundle.strategy, "adapted_by": name}
    # What was learnt of the source's answers and pictures says nothing of the adapted model and the target's.
    fresh = replace(bundle, head=adapted.head, calibration=calibration, strategy=strategy, gate=None)
    state = adapted.backbone_state
    return fresh if state is None else replace(fresh, state=state, checksum=weights_checksum(state), frozen=False)


def _answers(bundle: Bundle, adapted: Adapted, side: Side, site: _Site, progress: Progress) -> NDArray[np.float64]:
    """(m, k) by the path of prediction itself."""
    if adapted.backbone_state is None:
        return bundle.answers(side.embedding.bags)
    predictor = Predictor(bundle, site.home, device=site.pair.device)
    return predictor.predict(pictures_of(side.table), reader=ImageReader(), progress=progress).probability


def _outcome(choice: Choice | None, site: _Site, probability: NDArray[np.float64]) -> dict[str, Any]:
    """``guard``, ``result`` and ``hindsight`` of ``adaptation.json``."""
    positive = site.bundle.task.positive_index
    return {
        "guard": None if choice is None else guard_content(choice),
        "result": compared(site.bundle.mended(site.pair.before), probability, site.labels, positive, site.table),
        "hindsight": None if choice is None else hindsight(choice, site.labels, site.table),
    }


def _label_curve(
    site: _Site, pair: Pair, name: str, options: Mapping[str, Any], adapted: Adapted
) -> list[dict[str, Any]] | None:
    """Not of what changes the network, which takes as long again for each point."""
    if name == SOURCE_ONLY or "network" in ADAPTATIONS.get(name).needs:
        return None
    positive = site.bundle.task.positive_index
    again = partial(_adapted, name, options=options)
    return label_curve(pair, again, adapted, site.labels, site.table, positive)


def _pair(both: SideBySide, bundle: Bundle, parts: TargetLabels, seed: int, device: str) -> Pair:
    """What the methods may see."""
    tables = both.source.table, both.target.table
    names = pd.concat([table["patient_id"].fillna(table["case_id"]) for table in tables])
    codes, ours = pd.factorize(names)[0].astype(np.int64), len(tables[0])
    truth = SideBySide(both.source, both.target, bundle.task.labels).truth
    labels = np.full(len(tables[1]), -1, np.int64)
    labels[parts.learnt] = parts.truth[parts.learnt]
    sites = tables[0]["site"]
    pixels = PreparedPixels(pictures_of(tables[1]), bundle.preprocessing, ImageReader())
    volumes = (tables[1]["member"] == WHOLE).any()
    network = None if volumes else TargetNetwork(backbone_from_facts(bundle.backbone), pixels, bundle.state)
    return Pair(
        SourceCases(
            both.source.embedding.features,
            truth,
            codes[:ours],
            None if sites.isna().all() else np.array(sites.fillna("").astype(str), dtype=np.str_),
        ),
        TargetCases(both.target.embedding.features, codes[ours:], labels if len(parts.learnt) else None),
        len(bundle.task.labels),
        bundle.head,
        network,
        seed=seed,
        device=device,
    )

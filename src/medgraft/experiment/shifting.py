"""``shift``: is a target cohort different from the source, in what, does it matter? No target label is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medgraft.experiment.config import resolve_config
from medgraft.experiment.run import require_empty
from medgraft.experiment.stages.shift_evidence import evidence_of
from medgraft.experiment.stages.side_by_side import Side, SideBySide, is_run, sides_of_data, sides_of_run
from medgraft.experiment.tables import write_table
from medgraft.files import write_json
from medgraft.home import Home
from medgraft.measure.shift.assessment import Assessment, Evidence, assess
from medgraft.measure.shift.expected_accuracy import ExpectedAccuracy
from medgraft.measure.shift.label_shift import Shares
from medgraft.measure.shift.plane import plane
from medgraft.progress import Progress
from medgraft.use.report.shift_page import render_shift
from medgraft.use.report.shift_words import shift_sentences

__all__ = ["ShiftResult", "shift_content", "shift_data"]

_MOST_ON_THE_MAP = 500


@dataclass(frozen=True)
class ShiftResult:
    """``content``: what ``shift.json`` holds; ``told``: the same in sentences. ``paths``: of the cases that differ most
    and, in ``set_aside``, (path, reason) of those that cannot be used: for the terminal only."""

    content: dict[str, Any]
    told: list[str]
    paths: dict[str, str]
    set_aside: list[tuple[str, str]]
    warnings: list[str]
    page: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """The one object of ``--json``: ``shifted p_value label_shift expected_accuracy``, and the rest by name."""
        differing = [{**item, "path": self.paths[item["case"]]} for item in self.content["differing"]]
        shown = {name: value for name, value in self.content.items() if name != "map"}
        return {**shown, "differing": differing, "told": self.told, "warnings": self.warnings}


def shift_data(
    source: Path,
    target: Path,
    *,
    out: Path | None = None,
    file: Path | None = None,
    sets: Iterable[str] = (),
    flags: Mapping[str, Any] | None = None,
    home: Home | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> ShiftResult:
    """Compare ``target`` with ``source``, a run or data. ``out``: a folder for ``shift.json``, ``shift.html`` and
    ``private/`` (thumbnails, links)."""
    progress, home = progress or Progress(), home or Home.find()
    require_empty(out, overwrite=overwrite)
    settings = resolve_config(file, sets, flags)
    make = sides_of_run if is_run(source) else sides_of_data
    both = make(source, target, settings, home, progress)
    _tell_shared(both, progress)
    progress.step("comparing")
    evidence = evidence_of(both, progress)
    found = assess(evidence, seed=settings.seed)
    content = shift_content(both, evidence, found, settings.seed)
    where = _places(both.target.table)
    paths = {item["case"]: where[item["case"]] for item in content["differing"]}
    page = None
    if out is not None:
        write_json(out / "shift.json", content)
        _write_private(out, both.target, list(paths))
        page = render_shift(out)
    set_aside = [*both.source.lost, *both.target.lost]
    return ShiftResult(content, shift_sentences(content), paths, set_aside, list(progress.notices), page)


def _places(table: pd.DataFrame) -> dict[str, str]:
    """Case → its file, with the member of a file of several."""
    columns = (table[name].astype(str) for name in ("case_id", "path", "member"))
    return {case: f"{path} {member}".rstrip() for case, path, member in zip(*columns, strict=True)}


def _tell_shared(both: SideBySide, progress: Progress) -> None:
    """The same pictures or patients on both sides make cohorts look more alike than they are."""
    for column, called in (("case_id", "pictures"), ("patient_id", "patients")):
        here, there = (set(side.table[column].dropna()) for side in (both.source, both.target))
        shared = len(here & there)
        if shared:
            progress.notice(
                f"{shared} of the {len(there)} {called} of the target are of the source, too: the cohorts look more "
                "alike, and the model surer, than with new cases"
            )


def shift_content(both: SideBySide, evidence: Evidence, found: Assessment, seed: int) -> dict[str, Any]:
    """Plain data, with keyed hashes for cases and no path."""
    cases = both.target.table["case_id"].astype(str).tolist()
    return {
        "shifted": found.shifted,
        "p_value": found.p_value,
        "kind": found.kind,
        "label_shift": _of_classes(found, both.labels),
        "overlaps": found.overlaps,
        "expected_accuracy": _of_accuracy(found.expected_accuracy, found.accuracy_trusted),
        "mmd": asdict(found.mmd),
        "classifier": {name: getattr(found.classifier, name) for name in ("auroc", "p_value", "error")},
        "proxy_a_distance": found.classifier.proxy_a_distance,
        "frechet": {"value": found.frechet, "within_source": found.frechet_within},
        "aspects": [{**asdict(one), "clear": one.clear} for one in found.aspects],
        "differing": [{"case": cases[row], "score": score} for row, score in found.differing],
        "source": _counted(both.source, found.n),
        "target": _counted(both.target, found.m),
        "map": _map(evidence, seed),
    }


def _of_classes(found: Assessment, names: tuple[str, ...]) -> dict[str, Any] | None:
    labels = found.label_shift
    if labels is None:
        return None
    shares = [
        {
            "label": name,
            "source": float(labels.source[column]),
            "em": _share(labels.em, column),
            "bbse": _share(labels.bbse, column),
        }
        for column, name in enumerate(names)
    ]
    return {"differs": labels.differs, "residual_p_value": found.residual_p_value, "shares": shares}


def _of_accuracy(found: ExpectedAccuracy | None, trusted: bool) -> dict[str, Any] | None:
    if found is None:
        return None
    others = {"source": found.source, "by_confidence": found.doc, "drop": found.drop}
    return {**found.atc.to_dict(), "trusted": trusted, **{name: one.to_dict() for name, one in others.items()}}


def _share(shares: Shares, column: int) -> dict[str, float]:
    return {name: float(getattr(shares, name)[column]) for name in ("value", "low", "high")}


def _counted(side: Side, looked_at: int) -> dict[str, Any]:
    """Cases, patients where all are known, and how many cases the tests looked at."""
    patients = side.table["patient_id"]
    known = int(patients.nunique()) if patients.notna().all() else None
    return {"name": side.name, "cases": len(side.table), "patients": known, "looked_at": looked_at}


def _map(evidence: Evidence, seed: int) -> dict[str, list[list[float]]]:
    """Some cases of both sides in the plane of their greatest variance, two numbers each."""
    rows = evidence.sides.drawn(_MOST_ON_THE_MAP, np.random.default_rng(seed))
    sides = evidence.sides.take(rows)
    places = np.round(plane(sides), 3)
    return {"source": places[~sides.is_target].tolist(), "target": places[sides.is_target].tolist()}


def _write_private(out: Path, target: Side, cases: list[str]) -> None:
    """Pictures and paths of the cases that differ most."""
    ids = target.table["case_id"].astype(str)
    chosen = ids.isin(cases).to_numpy()
    links = target.table.loc[chosen, ["case_id", "path", "member", "patient", "sha256"]]
    write_table(out / "private" / "links.parquet", links, private=True)
    pairs = [
        (case, facts.thumbnail)
        for case, facts, there in zip(ids, target.embedding.facts, chosen, strict=True)
        if there and facts is not None
    ]
    table = pd.DataFrame(pairs, columns=["case_id", "jpeg"])
    write_table(out / "private" / "thumbnails.parquet", table, private=True)

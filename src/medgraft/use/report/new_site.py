"""What a new site will see: each site answered for by a model that had seen none of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import UNKNOWN, clip, count, decimal, interval

__all__ = ["NewSiteView", "new_site_view"]

_COLUMNS = ("Cases", "Patients", "AUROC as a new site", "AUROC as a known site", "Difference")
_NOTE = (
    "Each row: the cases of one site in train and validation, answered for by a model that has learnt from the other "
    "sites only (leave one site out), and by cross-validation, which has seen other patients of the site. 95 % "
    "intervals over patients; differences are paired. The test cases took no part."
)


@dataclass(frozen=True)
class NewSiteView:
    """Sentences, and one row a site."""

    sentences: list[str]
    table: Table


def new_site_view(run: Artefacts) -> NewSiteView | None:
    """``None`` where fewer than two sites are known, or it was not asked for."""
    sites = [item for item in run.loso.get("sites") or [] if isinstance(item, Mapping)]
    if not sites:
        return None
    table = Table(
        "What a new site will see", "Site", [Cell(name) for name in _COLUMNS], [_row(s) for s in sites], _NOTE
    )
    return NewSiteView(_told(run, sites), table)


def _told(run: Artefacts, sites: list[Mapping[str, Any]]) -> list[str]:
    """The spread over sites, whose gap is there for sure, and what could not be done."""
    told = []
    values = sorted((item["auroc"]["value"], str(item["site"])) for item in sites if item.get("auroc"))
    if values:
        (low, worst), (high, best) = values[0], values[-1]
        told.append(
            f"At a site that the model has not learnt from, AUROC was from {decimal(low)} ({clip(worst, 60)}) to "
            f"{decimal(high)} ({clip(best, 60)}). With {len(values)} sites, the next one may well lie outside."
        )
    worse = [item for item in sites if item.get("gap") and item["gap"]["high"] < 0]
    if worse:
        names = ", ".join(clip(item["site"], 60) for item in worse)
        told.append(
            f"Worse as a new site than as a known one, beyond chance: {names}. Cross-validation is too hopeful."
        )
    elif any(item.get("gap") for item in sites):
        told.append("No site was worse as a new one than as a known one beyond chance, as far as these cases can tell.")
    for name, reason in (run.loso.get("failed") or {}).items():
        told.append(f"Not measured: {clip(name, 60)}: {clip(reason, 200)}.")
    unknown = run.loso.get("unknown_site")
    if unknown:
        told.append(f"{count(unknown)} cases of unknown site took no part.")
    return told


def _row(item: Mapping[str, Any]) -> Row:
    def cell(entry: Mapping[str, Any] | None) -> Cell:
        return Cell(decimal(entry["value"]), interval(dict(entry))) if entry else Cell(UNKNOWN)

    cells = [Cell(count(item.get("n"))), Cell(count(item.get("n_patients")))]
    return Row(clip(item.get("site"), 80), [*cells, *(cell(item.get(key)) for key in ("auroc", "known_auroc", "gap"))])

"""Why some cases got their answers: heat maps beside their pictures, and the training cases most like each.

Reads ``explanations.json`` (through the artefacts) and, for pictures, ``private/explanations.parquet``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.pictures import read_maps
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import clip, counted, decimal

__all__ = ["ExplanationView", "explanation_view"]

_TITLES = {
    "best": "Right, and sure of it",
    "worst": "Wrong, and sure of it",
    "borderline": "Near the cut",
}
_METHODS = {"hirescam": "HiResCAM"}
_NOTE = (
    "Pointing: share of the cases whose strongest place lies in the outline. Energy: share of the map’s positive part "
    "that does. Gain: more than a map that knows nothing of the picture has, paired case by case. 95 % intervals over "
    "patients (over cases, where patients are unknown). Test cases drawn at random, not those shown below."
)


@dataclass(frozen=True)
class Explained:
    """One case. ``sources``: its maps as data URLs, each the picture and the picture with its map, with a caption;
    ``similar``: lines of text."""

    case_id: str
    true: str
    predicted: str
    probability: str
    sources: list[tuple[str, str]]
    similar: list[str]


@dataclass(frozen=True)
class ExplanationView:
    """``sentences``; ``groups``: a title and its cases; ``table``: how well maps point, or ``None``."""

    sentences: list[str]
    groups: list[tuple[str, list[Explained]]]
    table: Table | None


def explanation_view(run: Artefacts, folder: Path, *, images: bool, budget: int) -> ExplanationView | None:
    """``None`` where nothing was looked at closely, and where pictures are left out and nothing was scored."""
    told = run.explanations
    if not told or not (images or told["localisation"]):
        return None
    cases = told["cases"] if images else []
    maps = read_maps(folder, [case["case_id"] for case in cases], budget=budget)
    groups = [
        (title, [_case(run, case, maps) for case in cases if case["kind"] == kind]) for kind, title in _TITLES.items()
    ]
    return ExplanationView(_sentences(told), [group for group in groups if group[1]], _table(told))


def _sentences(told: Mapping[str, Any]) -> list[str]:
    """What the maps are and are not; first how well they point, where that is known."""
    if told["method"] is None:
        return [f"There are no heat maps: {told['reason']}. The training cases most like each case are named."]
    method = _METHODS.get(told["method"], told["method"])
    meaning = (
        f"{method} colours the places that speak for the class named under each picture; a picture’s colours are "
        "scaled to its own strongest place. A map says what the model went by, not that it was right to, nor that "
        "nothing else is there."
    )
    scores = told["localisation"]
    if not scores:
        return [meaning, "No outlines lie beside the pictures: whether the maps point at the finding is not known."]
    own = scores[told["method"]]
    gains = {name: gain["pointing"] for name, gain in own["gain"].items()}
    beaten = all(gain["low"] is not None and gain["low"] > 0 for gain in gains.values())
    verdict = "more often than maps that know nothing of the picture"
    if not beaten:
        verdict = f"not provably {verdict}: do not take them for the place of the finding"
    pointing = own["pointing"]
    where = f"the strongest place lies in the outline in {decimal(pointing['value'])}"
    return [meaning, f"Of {counted(pointing['n'], 'outlined test case')} {where}, {verdict}."]


def _table(told: Mapping[str, Any]) -> Table | None:
    scores = told["localisation"]
    if not scores:
        return None
    baselines = [name for name in scores if name != told["method"]]
    columns = [Cell("Pointing"), Cell("Energy"), *(Cell(f"Gain on {name}", "pointing") for name in baselines)]
    rows = []
    for name, one in scores.items():
        cells = [_cell(one["pointing"]), _cell(one["energy"])]
        cells += [_cell(one["gain"][other]["pointing"]) if other in one["gain"] else Cell("–") for other in baselines]
        rows.append(Row(_METHODS.get(name, name), cells, strong=name not in baselines))
    return Table("Do the maps point at what is outlined?", "Map", columns, rows, _NOTE)


def _cell(estimate: Mapping[str, Any]) -> Cell:
    return Cell(decimal(estimate["value"]), f"{decimal(estimate['low'])} to {decimal(estimate['high'])}")


def _case(run: Artefacts, case: Mapping[str, Any], maps: Mapping[tuple[str, int], str]) -> Explained:
    identity = str(case["case_id"])
    true, predicted = _answers(run, identity)
    places = case["slices"] or [0]
    sources = [
        (source, f"slice {place}" if place else "") for place in places if (source := maps.get((identity, place)))
    ]
    similar = [f"{clip(str(one['label']), 40)} ({decimal(one['cosine'])})" for one in case["similar"]]
    chance = f"{clip(str(case['explained']), 40)} {decimal(case['probability'])}"
    return Explained(identity, true, predicted, chance, sources, similar)


def _answers(run: Artefacts, case: str) -> tuple[str, str]:
    """What is true and what was called, in words; of several labels those that are said."""
    rows = run.predictions
    row = rows[(rows["case_id"].astype(str) == case) & (rows["split"] == run.explanations["split"])].iloc[0]
    if not run.several:
        return clip(str(row["y_true"]), 60), clip(str(row["y_pred"]), 60)
    told = [[label for label in run.labels if row[f"{sign}_{label}"] == 1] for sign in ("y", "called")]
    true, called = (clip(", ".join(some) or "none", 60) for some in told)
    return true, called

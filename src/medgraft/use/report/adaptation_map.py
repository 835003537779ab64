"""The map of an adapted run: source and target in one plane before and after, and how far apart they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medgraft.use.report.shift_page import MAP_SIZE, Dot, dots
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.wording import clip, decimal

__all__ = ["AdaptationMap", "Panel", "adaptation_map"]

_KEPT = "source-only"
_MOVED = {
    "none": "{name} changes how features are read, and leaves them where they are: after is as before.",
    "source": "{name} moves the source's cases to where the target's lie, and its model learns from them there.",
    "target": "{name} changes the network, and with it the features of the target; the source's are as they were.",
    "both": "{name} moves both sides onto axes of its own.",
    "own space": (
        "{name} trains a network on the features, whose own space this plane does not show: the numbers after are of "
        "that space, before is as the tests of shift read it."
    ),
}
_NOTE = "Each dot is a case, in the plane of the greatest variance of both sites before."
_SAME_PLANE = " Plane and scale are the same in both."
_CAREFUL = (
    "0.5 is guessing. The sites were brought together on these very cases, so that new ones will be told apart more "
    "easily; and sites that lie together are no proof that their classes do."
)
_GUESSING = "0.5 is guessing. Sides that overlap on the map may differ in another direction: the numbers read all."


@dataclass(frozen=True)
class Panel:
    """One drawing; ``alt`` says it in words."""

    title: str
    dots: list[Dot]
    alt: str


@dataclass(frozen=True)
class AdaptationMap:
    """``sentence``: what was moved; ``size``: width and height of each panel; ``table``: the distances."""

    sentence: str
    panels: list[Panel]
    size: tuple[int, int]
    note: str
    table: Table


def adaptation_map(content: Mapping[str, Any]) -> AdaptationMap | None:
    """Of ``adaptation.json``; ``None`` where it has no map."""
    found = content.get("map")
    if not found:
        return None
    name, before, after = clip(content["method"]), found["before"], found["after"]
    first = "Before and after" if found["moved"] == "none" else "Before"
    panels = [_panel(first, before, *([after] if after else []))]
    if after:
        panels.append(_panel(f"After, by {name}", after, before))
    told = _MOVED[found["moved"]].format(name=name)
    if content["method"] == _KEPT:
        told = "The source's model is kept, and no feature is moved: after is as before."
    return AdaptationMap(told, panels, MAP_SIZE, _NOTE + (_SAME_PLANE if after else ""), _distances(found))


def _panel(title: str, places: Mapping[str, Any], *others: Mapping[str, Any]) -> Panel:
    counts = [len(places[side]) for side in ("source", "target")]
    alt = f"{title}: {counts[0]} cases of the source and {counts[1]} of the target in one plane"
    return Panel(title, dots(places, *others), alt)


def _distances(found: Mapping[str, Any]) -> Table:
    moves = found["auroc"]["after"] is not None
    times = ["before", "after"] if moves else ["before"]
    rows = [
        Row(
            "Told apart, AUROC",
            [Cell(_auroc(found["auroc"][time])) for time in times],
            "by a classifier, on patients that it has not seen",
        ),
        Row("Kernel distance (MMD²)", [Cell(decimal(found["mmd"][time], 4)) for time in times], "0: alike"),
    ]
    columns = [Cell("Before"), Cell("After")] if moves else [Cell("Before and after")]
    return Table("How far apart the sites lie", "", columns, rows, _CAREFUL if moves else _GUESSING)


def _auroc(value: float) -> str:
    """Sides whose means are made equal are told apart worse than by guessing: what a fold lacks tips the others."""
    return decimal(value) if value >= 0.5 else f"at most {decimal(0.5)}"

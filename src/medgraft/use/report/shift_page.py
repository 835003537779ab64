"""The page of ``medgraft shift --out``: the answer, a map of both cohorts, and the target's cases that differ most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medgraft.files import read_json, write_text
from medgraft.use.report.pictures import Pictures, read_pictures
from medgraft.use.report.shift_words import shift_sentences
from medgraft.use.report.tables import Cell, Row, Table
from medgraft.use.report.templating import draw_inert
from medgraft.use.report.wording import UNKNOWN, clip, counted, decimal, interval, percent

__all__ = ["MAP_SIZE", "Dot", "dots", "render_shift", "shift_tables"]

_PICTURE_BYTES = 2_000_000
_MARGIN = 12
MAP_SIZE = (640, 420)
"""Width and height of a map in its SVG's pixels."""
Places = Mapping[str, Sequence[Sequence[float]]]
"""Two numbers a case of the source and of the target."""


@dataclass(frozen=True)
class Dot:
    """One case on the map, in its SVG's pixels; ``series`` 1 is the source, 2 the target."""

    x: float
    y: float
    series: int


def render_shift(folder: Path, *, images: bool = True) -> Path:
    """Write ``shift.html`` into ``folder``, which holds ``shift.json``; returns its path."""
    content = read_json(folder / "shift.json")
    cases = [str(item["case"]) for item in content["differing"]]
    pictures = read_pictures(folder, cases, budget=_PICTURE_BYTES) if images else Pictures()
    told = {
        "title": f"{clip(content['target']['name'], 60)} beside {clip(content['source']['name'], 60)}",
        "sentences": shift_sentences(content),
        "tables": shift_tables(content),
        "dots": dots(content["map"]),
        "names": [clip(content[side]["name"]) for side in ("source", "target")],
        "size": MAP_SIZE,
        "shown": [(case, pictures.get(case)) for case in cases if pictures.get(case)],
        "pictures": pictures,
    }
    write_text(folder / "shift.html", draw_inert("shift.html", told))
    return folder / "shift.html"


def dots(places: Places, *others: Places) -> list[Dot]:
    """The cases of both sides scaled to fill the map, in turn, so that neither hides the other. ``others`` of the same
    plane are to be drawn beside it at the same scale: there is room for them, too."""
    both = [(x, y, 1) for x, y in places["source"]] + [(x, y, 2) for x, y in places["target"]]
    if not both:
        return []
    spans = []
    for axis, length in ((0, MAP_SIZE[0]), (1, MAP_SIZE[1])):
        values = [place[axis] for one in (places, *others) for side in ("source", "target") for place in one[side]]
        low, reach = min(values), max(values) - min(values)
        spans.append((low, (length - 2 * _MARGIN) / reach if reach > 0 else 0.0))
    found = [
        Dot(
            round(_MARGIN + (x - spans[0][0]) * spans[0][1], 1),
            round(MAP_SIZE[1] - _MARGIN - (y - spans[1][0]) * spans[1][1], 1),
            series,
        )
        for x, y, series in both
    ]
    split = len(places["source"])
    order = [(number / max(1, split), 0, number) for number in range(split)]
    order += [(number / max(1, len(found) - split), 1, split + number) for number in range(len(found) - split)]
    return [found[place] for _, _, place in sorted(order)]


def shift_tables(content: dict[str, Any]) -> list[Table]:
    """Tests, classes and plain numbers of the pictures."""
    found = [_tests(content)]
    if content["label_shift"] is not None:
        found.append(_classes(content["label_shift"]))
    if content["aspects"]:
        found.append(_aspects(content["aspects"]))
    return found


def _tests(content: dict[str, Any]) -> Table:
    mmd, told = content["mmd"], content["classifier"]
    rows = [
        Row(
            "Different?", [Cell("yes" if content["shifted"] else "no"), Cell(decimal(content["p_value"]))], strong=True
        ),
        Row("Kernel distance (MMD²)", [Cell(decimal(mmd["squared"], 4)), Cell(decimal(mmd["p_value"]))], "0: alike"),
        Row("Told apart, AUROC", [Cell(decimal(told["auroc"])), Cell(decimal(told["p_value"]))], "0.5 is guessing"),
        Row("Proxy A-distance", [Cell(decimal(content["proxy_a_distance"], 2)), Cell(UNKNOWN)], "0: alike, 2: apart"),
        Row(
            "Fréchet distance, a feature",
            [Cell(decimal(content["frechet"]["value"])), Cell(UNKNOWN)],
            f"{decimal(content['frechet']['within_source'])} between two halves of the source",
        ),
    ]
    who = [counted(content[side]["looked_at"], "case") for side in ("source", "target")]
    note = f"Of {who[0]} of the source and {who[1]} of the target. p by exchange of patients between the two."
    return Table("Tests", "", [Cell("Value"), Cell("p")], rows, note)


def _classes(found: dict[str, Any]) -> Table:
    rows = [
        Row(
            clip(one["label"]),
            [
                Cell(percent(one["source"])),
                *[Cell(percent(one[way]["value"]), _percents(one[way])) for way in ("em", "bbse")],
            ],
        )
        for one in found["shares"]
    ]
    note = (
        "Shares of classes, the target's estimated without its labels: by likelihood (EM) and by the model's "
        "confusions (BBSE). Only where pictures of one class look alike at both do they mean anything"
    )
    residual = found["residual_p_value"]
    note += "." if residual is None else f"; against that speaks p = {decimal(residual)}."
    return Table("Classes", "Class", [Cell("Source"), Cell("Target, EM"), Cell("Target, BBSE")], rows, note)


def _percents(estimate: dict[str, Any]) -> str:
    return f"{percent(estimate['low'])} to {percent(estimate['high'])}"


def _aspects(found: list[dict[str, Any]]) -> Table:
    rows = [
        Row(
            one["name"],
            [
                Cell(f"{one['source']:.3g}"),
                Cell(f"{one['target']:.3g}"),
                Cell(decimal(one["chance_higher"]), interval(one)),
            ],
            strong=one["clear"],
        )
        for one in found
    ]
    note = "Chance that a target case has the higher number: 0.5 is no difference. Bold: a clear one."
    return Table("Pictures", "", [Cell("Source, median"), Cell("Target, median"), Cell("Higher")], rows, note)

"""``report.html`` and ``model_card.md`` of a run that draws outlines, from the artefacts of the run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from medgraft.measure.segmentation.agreement import Limits, counted_pairs, limits_of_agreement
from medgraft.use.report.adaptation import adaptation_view
from medgraft.use.report.figures.figure import Figure, patient_codes
from medgraft.use.report.figures.history import history
from medgraft.use.report.located.layers import Stack
from medgraft.use.report.located.page import LocatedPage, flat_terms, located_card, write_located
from medgraft.use.report.located.tables import measure_table, parts_table, per_class_table, told_measures
from medgraft.use.report.outlines.figures.bland_altman import bland_altman
from medgraft.use.report.outlines.figures.dice_by_site import dice_by_site
from medgraft.use.report.outlines.figures.dice_by_size import dice_by_size
from medgraft.use.report.outlines.figures.dice_distribution import dice_distribution
from medgraft.use.report.outlines.grouped import Group, by_site, by_size
from medgraft.use.report.outlines.overlays import outline_keys, outline_stacks
from medgraft.use.report.outlines.run import CHIEF, MEASURES, OutlineRun, read_outlines
from medgraft.use.report.outlines.summary import outline_numbers, outline_use, summarise_outlines
from medgraft.use.report.outlines.tables import (
    empty_table,
    held_cases,
    measurement_table,
    odd_ones,
    site_dice_table,
    size_dice_table,
    statistics_table,
    volume_table,
)
from medgraft.use.report.provenance import Term
from medgraft.use.report.tables import Cell, Table
from medgraft.use.report.wording import clip, count, decimal, p_value

__all__ = ["render_outlines"]

_MOST_PLOTS = 6
_PICTURE_BYTES, _AUDIT_BYTES = 6_500_000, 1_500_000


def render_outlines(folder: Path, *, images: bool, most_bytes: int) -> Path:
    """Write both files into the run folder, atomically; returns the page's path. Raises ``ArtifactError``."""
    run = read_outlines(folder)
    stacks = outline_stacks(run, folder, budget=_PICTURE_BYTES) if images else []
    summary = summarise_outlines(run)
    page = LocatedPage(
        template="outlines.html",
        run=run.base,
        summary=summary,
        card=located_card(run.base, outline_use(run), summary, lambda split: outline_numbers(run, split)),
        parts_table=parts_table(run.base, held_cases(run), "With"),
        figures={},
        own={},
        stacks=stacks,
        keys=outline_keys(run),
        picture_note=_picture_note(stacks, images),
    )
    page = replace(page, **_drawn(run, stacks))
    return write_located(folder, page, images=images, most_bytes=most_bytes, budget=_AUDIT_BYTES)


def _picture_note(stacks: list[Stack], images: bool) -> str:
    """Why pictures are missing."""
    if not images:
        return "Pictures were left out of this report on request."
    return "" if stacks else "The run folder holds no pictures with outlines, so that none is shown."


def _drawn(run: OutlineRun, stacks: list[Stack]) -> dict[str, Any]:
    """Figures and tables of the page."""
    rows = run.judged
    sites = by_site(rows, run.base.labels)
    sizes = {label: by_size(rows, label) for label in run.base.labels}
    agreements = _agreements(run)
    drawn = history(run.base)
    own = {
        "measure_table": measure_table(run.base, told_measures(run.base, MEASURES), _note(run)),
        "class_table": _class_table(run),
        "by_size": size_dice_table(run, sizes),
        "by_site": site_dice_table(run, sites),
        "volumes": volume_table(run, agreements),
        "volume_sentences": _trends(run, agreements),
        "sizes_word": f"{run.size_word}s",
        "measurement": measurement_table(run),
        "empty_table": empty_table(run),
        "statistics": statistics_table(run),
        "odd": odd_ones(run),
        "plan_terms": _terms(run, "plan"),
        "training_terms": _terms(run, "training"),
        "adaptation": adaptation_view(run.base),
        "scrolls": any(len(stack.layers) > 1 for stack in stacks),
    }
    figures = {
        "main": _some(dice_distribution(run)),
        "groups": _groups(run, sizes, sites),
        "volumes": [
            bland_altman(run, label, found, place)
            for place, (label, found) in enumerate(list(agreements.items())[:_MOST_PLOTS], 1)
        ],
        "training": _some(drawn),
    }
    return {"figures": figures, "own": own}


def _some(*figures: Figure | None) -> list[Figure]:
    return [figure for figure in figures if figure is not None]


def _groups(run: OutlineRun, sizes: dict[str, list[Group]], sites: list[Group]) -> list[Figure]:
    return _some(dice_by_size(run, sizes), dice_by_site(run, sites))


def _class_table(run: OutlineRun) -> Table:
    """Each class with the cases that hold it, and the measures that are defined."""
    rows = run.judged
    held = rows[rows["volume_true"] > 0].groupby("label")["case_id"].nunique()
    extra = {label: [Cell(count(int(held.get(label, 0))))] for label in run.base.labels}
    return per_class_table(run.base, told_measures(run.base, CHIEF), extra, [Cell("Cases with it")])


def _note(run: OutlineRun) -> str:
    """How the numbers are made, and what they count."""
    several = len(run.base.labels) > 1
    text = "Values are means over the cases" + (", then over the classes." if several else ".")
    if tolerance := run.base.config_value("tolerance"):
        text += f" Surfaces are close enough within {tolerance} mm."
    if train := run.base.estimate("train", "dice"):
        own = decimal(train.get("value"))
        text += f" On its own training cases the model reaches a Dice of {own}; that is no measure of quality."
    return text


def _agreements(run: OutlineRun) -> dict[str, Limits]:
    """Of the sizes of each class on the main split, where at least two cases have both."""
    found = {}
    for label in run.base.labels:
        own = run.judged[run.judged["label"] == label]
        true, called = (own[name].to_numpy(dtype=np.float64) for name in ("volume_true", "volume_called"))
        if np.count_nonzero(counted_pairs(true, called)) >= 2:
            found[label] = limits_of_agreement(true, called, groups=patient_codes(own))
    return found


def _trends(run: OutlineRun, found: Mapping[str, Limits]) -> list[str]:
    """Where limits of agreement mislead, because differences grow with the size."""
    return [
        f"{clip(label, 40)}: the differences grow with the {run.size_word} (rank correlation {decimal(one.trend, 2)}, "
        f"{p_value(one.trend_p)}), so that the limits are too wide for small ones and too narrow for large ones."
        for label, one in found.items()
        if one.trend > 0 and one.trend_p < 0.05
    ]


def _terms(run: OutlineRun, name: str) -> list[Term]:
    """A part of ``outline_facts.json`` as terms; empty where the run stored none."""
    found = run.facts.get(name)
    return flat_terms(found, ("format_version",)) if isinstance(found, Mapping) else []

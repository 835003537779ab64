"""The page and the model card of a run that answers with places: what both kinds of them need, around their own part.

The templates ``outlines.html`` and ``detections.html`` extend ``report.html``: the same head, policy, cohort, audit,
provenance, limits and card; results and contents are their own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from medgraft.files import write_text
from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.audit_page import AuditSection, sections_with_pictures
from medgraft.use.report.card import CardSection, seen_cases
from medgraft.use.report.figures.figure import Figure
from medgraft.use.report.findings import findings, split_sentences
from medgraft.use.report.located.layers import Key, Stack
from medgraft.use.report.page import draw_card, page_title
from medgraft.use.report.pictures import Pictures, read_pictures
from medgraft.use.report.provenance import (
    Term,
    backbone_terms,
    config_terms,
    licence_terms,
    preprocessing_terms,
    text_of,
    timing_terms,
    transfer_terms,
)
from medgraft.use.report.summary import Summary
from medgraft.use.report.tables import Table, site_table
from medgraft.use.report.templating import embedded, environment, policy_for, source_of
from medgraft.use.report.wording import clip, counted, humane

__all__ = ["LocatedPage", "flat_terms", "located_card", "model_terms", "write_located"]

_TOLD = {
    "format_version",
    "kind",
    "plan",
    "settings",
    "backbone",
    "strategy",
    "frozen",
    "channels",
    "engine",
    "head",
    "labels",
}
_ABSENT = {"frozen": "Backbone during training", "channels": "Input channels"}
"""Keys of ``model.json``, and the terms that mean nothing without them."""


@dataclass(frozen=True)
class LocatedPage:
    """One page: the template's name, what every such page says, and ``own``, what only this template names.

    ``figures``: each group of them by name; ``stacks``: pictures with lines over them, ``keys`` their legend.
    """

    template: str
    run: Artefacts
    summary: Summary
    card: list[CardSection]
    parts_table: Table
    figures: Mapping[str, Sequence[Figure]]
    own: Mapping[str, Any]
    stacks: Sequence[Stack] = ()
    keys: Sequence[Key] = ()
    picture_note: str = ""
    audit: Sequence[AuditSection] = field(default_factory=list)


def write_located(folder: Path, page: LocatedPage, *, images: bool, most_bytes: int, budget: int) -> Path:
    """Write ``report.html`` and ``model_card.md`` into the run folder; pictures give way where the page gets larger
    than ``most_bytes``. ``budget``: bytes for the pictures of the audit."""
    audit = sections_with_pictures(page.run.audit) if images else []
    wanted = [case for section in audit for cases, _ in section.groups for case in cases]
    pictures = read_pictures(folder, wanted, budget=budget)
    text = _draw(replace(page, audit=audit), pictures)
    if len(text.encode("utf-8")) > most_bytes:
        note = "Pictures were left out, to keep this file at a size that opens quickly."
        text = _draw(replace(page, stacks=(), picture_note=note, audit=audit), Pictures())
    write_text(folder / "model_card.md", draw_card(page.run, page.card))
    path = folder / "report.html"
    write_text(path, text)
    return path


def _draw(page: LocatedPage, pictures: Pictures) -> str:
    """The whole HTML document."""
    templates = environment(autoescape=True, trim_blocks=False)
    templates.filters |= {"embedded": embedded, "counted": counted, "clip": clip}
    style = source_of(templates, "style.css") + source_of(templates, "located.css")
    script = source_of(templates, "report.js") + source_of(templates, "located.js")
    run, plotly = page.run, get_plotlyjs()
    return templates.get_template(page.template).render(
        run=run,
        title=page_title(run),
        summary=page.summary,
        card=page.card,
        grouped=page.figures,
        figures=[figure for group in page.figures.values() for figure in group],
        stacks=page.stacks,
        keys=page.keys,
        picture_note=page.picture_note,
        pictures=pictures,
        audit=page.audit,
        split_sentences=split_sentences(run),
        cohort_table=page.parts_table,
        site_table=site_table(run),
        findings=findings(run),
        backbone_terms=model_terms(run),
        transfer_terms=transfer_terms(run),
        preprocessing_terms=preprocessing_terms(run),
        timing_terms=timing_terms(run),
        config_terms=config_terms(run),
        licence_terms=licence_terms(run),
        version=_version(run),
        style=Markup(style),
        script=Markup(script),
        plotly=Markup(plotly),
        policy=policy_for([plotly, script]),
        **page.own,
    )


def model_terms(run: Artefacts) -> list[Term]:
    """The network, how it was carried over, and every further fact of the bundle's ``model.json``."""
    mute = {title for key, title in _ABSENT.items() if key not in run.model}
    return [term for term in backbone_terms(run) if term[0] not in mute] + flat_terms(run.model, _TOLD)


def flat_terms(content: Mapping[str, Any], told: Collection[str] = ()) -> list[Term]:
    """Every entry of ``content`` but those ``told`` already as a term; those of an inner dictionary one by one."""
    terms = []
    for key, value in content.items():
        name = humane(str(key)).capitalize()
        if key not in told and isinstance(value, Mapping) and value:
            terms += [(f"{name}: {humane(str(inner))}", text_of(item)) for inner, item in value.items()]
        elif key not in told:
            terms.append((name, text_of(value)))
    return terms


def located_card(
    run: Artefacts, use: Sequence[str], summary: Summary, numbers: Callable[[str], list[Term]]
) -> list[CardSection]:
    """The sections of the card: ``use`` says what the model answers, ``numbers`` what was measured on a split."""
    warning = "Research use only, not a medical device: not for diagnosis, and not for decisions about patients."
    outside = "Images of another kind, region or preprocessing than the training data are outside its use."
    return [
        CardSection("Intended use", [warning, *use, outside]),
        CardSection("Model", [], model_terms(run)),
        CardSection("Training data", [*seen_cases(run), *split_sentences(run)]),
        CardSection("What the audit found", [item.text for item in findings(run)]),
        CardSection("Evaluation", [summary.headline], [term for split in run.judged for term in numbers(split)]),
        CardSection("Limits", summary.caveats),
        CardSection("Licence of the source weights", [], licence_terms(run)),
    ]


def _version(run: Artefacts) -> str:
    """The version of medgraft that made the run, as the run says."""
    versions = run.config.get("versions")
    return str(versions.get("medgraft", "")) if isinstance(versions, dict) else ""

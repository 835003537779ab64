"""The page as one self-contained text: templates, style, script and plotly.js in one file that loads nothing.

Everything that comes from the user is escaped by jinja2's autoescape; data for the script stand in
``application/json`` blocks with ``<`` as ``\\u003c``. The page's own content security policy lets only the
two scripts run that were written here (by their hashes) and forbids every request to a network.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from medgraft.use.report.adaptation import adaptation_view
from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.attacks import attack_sentences, attack_table
from medgraft.use.report.audit_page import AuditSection
from medgraft.use.report.card import CardSection
from medgraft.use.report.checklists.checklist import checklists
from medgraft.use.report.comparison import comparison_view
from medgraft.use.report.confusion import Confusion
from medgraft.use.report.explanation import ExplanationView
from medgraft.use.report.figures.catalogue import drawn_figures
from medgraft.use.report.findings import findings, split_sentences
from medgraft.use.report.fusion import fusion_view
from medgraft.use.report.ladder import ladder_view
from medgraft.use.report.new_site import new_site_view
from medgraft.use.report.pictures import Pictures
from medgraft.use.report.provenance import (
    backbone_terms,
    config_terms,
    licence_terms,
    preprocessing_terms,
    timing_terms,
    transfer_terms,
)
from medgraft.use.report.robustness import robustness_view
from medgraft.use.report.slices import SliceView
from medgraft.use.report.subgroups import subgroup_view
from medgraft.use.report.summary import summarise
from medgraft.use.report.tables import class_table, cohort_table, key_figures, site_table
from medgraft.use.report.templating import embedded, environment, policy_for, source_of
from medgraft.use.report.trust import trust_view
from medgraft.use.report.wording import clip, counted, listing

__all__ = ["Extras", "draw_card", "draw_checklists", "draw_page", "page_title"]


@dataclass(frozen=True)
class Extras:
    """Parts of the page beside figures and tables: the model card, views of volumes, findings with pictures."""

    card: list[CardSection]
    slices: Sequence[SliceView] = ()
    audit: Sequence[AuditSection] = ()
    explanation: ExplanationView | None = None


_MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]|#~"})


def page_title(run: Artefacts) -> str:
    """What the run is about: the cohort's name, or its classes."""
    name = run.config.get("name") or run.config_value("cohort_name", "data_name")
    places = not {"y_pred", *(f"p_{label}" for label in run.labels)} & set(run.predictions.columns)
    classes = listing(run.labels, most=4, length=40, last="and" if places else "or")
    return f"{clip(name, 80)}: {classes}" if isinstance(name, str) and name else classes[:1].upper() + classes[1:]


def _picture_note(pictures: Pictures, images: bool) -> str:
    """Why pictures are missing."""
    if not images:
        return "Pictures were left out of this report on request."
    if not pictures:
        return "The run folder holds no thumbnails, so that no picture is shown."
    if pictures.left_out:
        return f"{counted(pictures.left_out, 'picture')} left out, to keep this file at a size that opens quickly."
    return ""


def draw_page(run: Artefacts, matrix: Confusion | None, pictures: Pictures, extras: Extras, *, images: bool) -> str:
    """The whole HTML document."""
    templates = environment(autoescape=True, trim_blocks=False)
    templates.filters |= {"embedded": embedded, "counted": counted, "clip": clip}
    source = {name: source_of(templates, name) for name in ("style.css", "report.js")}
    figures, plotly = drawn_figures(run), get_plotlyjs()
    return templates.get_template("report.html").render(
        run=run,
        title=page_title(run),
        summary=summarise(run),
        key_figures=key_figures(run),
        class_table=class_table(run),
        figures=figures,
        matrix=matrix,
        pictures=pictures,
        picture_note=_picture_note(pictures, images),
        split_sentences=split_sentences(run),
        cohort_table=cohort_table(run),
        site_table=site_table(run),
        findings=findings(run),
        backbone_terms=backbone_terms(run),
        transfer_terms=transfer_terms(run),
        preprocessing_terms=preprocessing_terms(run),
        timing_terms=timing_terms(run),
        adaptation=adaptation_view(run),
        ladder=ladder_view(run),
        comparison=comparison_view(run),
        new_site=new_site_view(run),
        robustness=robustness_view(run),
        attack_sentences=attack_sentences(run.attacks) if run.attacks else [],
        attack_table=attack_table(run.attacks) if run.attacks else None,
        trust=trust_view(run),
        fusion=fusion_view(run),
        subgroups=subgroup_view(run),
        checklists=checklists(run),
        config_terms=config_terms(run),
        licence_terms=licence_terms(run),
        card=extras.card,
        slices=extras.slices,
        explanation=extras.explanation,
        audit=extras.audit,
        version=_version(run),
        style=Markup(source["style.css"]),
        script=Markup(source["report.js"]),
        plotly=Markup(plotly),
        policy=policy_for([plotly, source["report.js"]]),
    )


def draw_card(run: Artefacts, card: list[CardSection]) -> str:
    """``model_card.md``: the same sections; signs of Markdown and HTML in user's text are escaped."""
    templates = environment(autoescape=False, finalize=_plain_markdown)
    return templates.get_template("model_card.md").render(title=page_title(run), card=card, version=_version(run))


def draw_checklists(run: Artefacts) -> str:
    """``checklist.md``: the same rows as on the page, escaped likewise."""
    templates = environment(autoescape=False, finalize=_plain_markdown)
    return templates.get_template("checklist.md").render(
        title=page_title(run), checklists=checklists(run), version=_version(run)
    )


def _plain_markdown(value: Any) -> str:
    """Text as one inert line of Markdown."""
    return html.escape(" ".join(str(value).split()), quote=False).translate(_MARKDOWN)


def _version(run: Artefacts) -> str:
    """The version of medgraft that made the run, as the run says."""
    versions = run.config.get("versions")
    return str(versions.get("medgraft", "")) if isinstance(versions, dict) else ""

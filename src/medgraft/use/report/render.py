"""The report of a run: ``report.html``, ``model_card.md`` and ``checklist.md`` from a run's artefacts alone."""

from __future__ import annotations

from pathlib import Path

from medgraft.files import write_text
from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.audit_page import sections_with_pictures
from medgraft.use.report.card import model_card
from medgraft.use.report.confusion import confusion, wanted_pictures
from medgraft.use.report.detections.page import render_detections
from medgraft.use.report.explanation import explanation_view
from medgraft.use.report.located.run import task_of
from medgraft.use.report.outlines.page import render_outlines
from medgraft.use.report.page import Extras, draw_card, draw_checklists, draw_page
from medgraft.use.report.pictures import Pictures, read_pictures
from medgraft.use.report.slices import slice_views

__all__ = ["MOST_BYTES", "render_report"]

MOST_BYTES = 15_000_000
"""The report never gets larger; pictures give way first."""

_PLACES = {"segmentation": render_outlines, "detection": render_detections}
"""Tasks whose answers are places in the picture, with pages of their own."""

_PICTURE_BYTES, _SLICE_BYTES, _MAP_BYTES = 6_000_000, 1_000_000, 2_000_000


def render_report(run: Path, *, images: bool = True) -> Path:
    """Write ``report.html``, ``model_card.md`` and ``checklist.md`` into the run folder, atomically; returns the
    page's path.

    ``images=False`` makes a page without any picture, fit to be shared. What kind of run it is stands in
    ``metrics.json``. Raises ``ArtifactError`` where the run folder lacks ``cohort.parquet``, ``split.json``,
    ``metrics.json`` or the answers (``predictions.parquet``, ``outlines.parquet``, ``predicted_boxes.parquet``), or
    holds a damaged file.
    """
    if (task := task_of(run)) in _PLACES:
        return _PLACES[task](run, images=images, most_bytes=MOST_BYTES)
    artefacts = read_artefacts(run)
    matrix, card = confusion(artefacts), model_card(artefacts)
    audit = sections_with_pictures(artefacts.audit) if images else []
    wanted = wanted_pictures(matrix) if images else []
    wanted += [case for section in audit for cases, _ in section.groups for case in cases]
    pictures = read_pictures(run, wanted, budget=_PICTURE_BYTES)
    slices = slice_views(artefacts, run, images=images, budget=_SLICE_BYTES)
    maps = explanation_view(artefacts, run, images=images, budget=_MAP_BYTES)
    extras = Extras(card, slices, audit, maps)
    page = draw_page(artefacts, matrix, pictures, extras, images=images)
    if len(page.encode("utf-8")) > MOST_BYTES and pictures:
        page = draw_page(artefacts, matrix, Pictures(left_out=len(wanted)), extras, images=images)
    write_text(run / "model_card.md", draw_card(artefacts, card))
    write_text(run / "checklist.md", draw_checklists(artefacts))
    path = run / "report.html"
    write_text(path, page)
    return path

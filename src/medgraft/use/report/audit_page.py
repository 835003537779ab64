"""The page of ``medgraft audit``: what was found, with the pictures side by side, from ``audit.json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from medgraft.files import read_json, write_text
from medgraft.use.report.pictures import Pictures, read_pictures
from medgraft.use.report.templating import draw_inert
from medgraft.use.report.wording import counted

__all__ = ["AuditSection", "audit_sections", "render_audit", "sections_with_pictures"]

_CONFLICTS = ("Contradicting labels", "group of equal pictures with different labels")
_MOST_GROUPS, _FEW_GROUPS = 200, 24
_PICTURE_BYTES = 9_000_000


@dataclass(frozen=True)
class AuditSection:
    """One heading of the page: a sentence, and groups of cases with what is said of each."""

    title: str
    text: str
    level: str
    groups: Sequence[tuple[Sequence[str], str]] = ()
    more: int = 0


def render_audit(folder: Path, *, title: str, images: bool = True) -> Path:
    """Write ``audit.html`` into ``folder``, which holds ``audit.json``; returns its path."""
    sections = audit_sections(read_json(folder / "audit.json"))
    wanted = [case for section in sections for cases, _ in section.groups for case in cases] if images else []
    pictures = read_pictures(folder, wanted, budget=_PICTURE_BYTES) if images else Pictures()
    page = draw_inert("audit.html", {"title": title, "sections": sections, "pictures": pictures})
    write_text(folder / "audit.html", page)
    return folder / "audit.html"


def audit_sections(audit: dict[str, Any]) -> list[AuditSection]:
    """The findings of ``audit.json`` in the order in which they matter; clean checks are said too."""
    return [
        _patients(audit["patients_across_splits"]),
        _copies("exact", audit["duplicates"]),
        _copies("near", audit["duplicates"]),
        _listed(*_CONFLICTS, audit["label_conflicts"]),
        _told(
            "Shortcuts", "No class can be told by site, size, encoding, border or corners alone.", audit["shortcuts"]
        ),
        _told("Privacy", "No identifying entry was found.", audit["privacy"]),
        _set_aside(audit["quarantined"]),
        _outliers(audit["outliers"]),
        _told("Pixels", "Nothing odd about the pixels.", audit["pixels"]),
        _notes(audit["notes"]),
    ]


def sections_with_pictures(audit: dict[str, Any]) -> list[AuditSection]:
    """Of a run's audit: the findings that want their pictures side by side, a few groups of each, for the report."""
    duplicates = audit.get("duplicates", [])
    found = [
        _copies("exact", duplicates),
        _copies("near", duplicates),
        _listed(*_CONFLICTS, audit.get("label_conflicts", [])),
        _outliers(audit.get("outliers", [])),
    ]
    return [
        replace(one, groups=one.groups[:_FEW_GROUPS], more=one.more + max(0, len(one.groups) - _FEW_GROUPS))
        for one in found
        if one.groups
    ]


def _section(title: str, text: str, level: str, groups: Sequence[tuple[Sequence[str], str]] = ()) -> AuditSection:
    return AuditSection(title, text, level, groups[:_MOST_GROUPS], max(0, len(groups) - _MOST_GROUPS))


def _patients(found: list[dict[str, Any]]) -> AuditSection:
    if not found:
        return _section("Patients", "No known patient stands in more than one part of a given split.", "ok")
    groups = [
        ((), f"{item['patient']}: {counted(item['cases'], 'case')} in {', '.join(item['splits'])}") for item in found
    ]
    return _section(
        "Patients", f"{counted(len(found), 'patient')} in more than one part of the split.", "warning", groups
    )


def _copies(kind: str, found: list[dict[str, Any]]) -> AuditSection:
    title = {"exact": "Equal pictures", "near": "The same picture again"}[kind]
    mine = [item for item in found if item["kind"] == kind]
    if not mine:
        return _section(title, "None.", "ok")
    across = sum(len({part for part in item["splits"] if part}) > 1 for item in mine)
    text = f"{counted(len(mine), 'group')}, {across} across parts of a given split."
    if kind == "near":
        text += " Re-encoded, resized, mirrored, brightened or cropped copies; the number is how well they fit."
    return _section(title, text, "warning", [(item["cases"], _said(item)) for item in mine])


def _said(item: dict[str, Any]) -> str:
    """Labels, parts and likeness of a group, in a line."""
    words = []
    labels = [str(label) for label in item["labels"] if label is not None]
    if labels:
        words.append(" / ".join(labels) if len(set(labels)) > 1 else labels[0])
    parts = [str(part) for part in item.get("splits", []) if part]
    if parts:
        words.append(" / ".join(parts))
    if "likeness" in item:
        words.append(f"likeness {item['likeness']:.2f}")
        words += [item["orientation"]] if item["orientation"] != "same" else []
    return ", ".join(words)


def _listed(title: str, what: str, found: list[dict[str, Any]]) -> AuditSection:
    if not found:
        return _section(title, "None.", "ok")
    return _section(title, f"{counted(len(found), what)}.", "warning", [(item["cases"], _said(item)) for item in found])


def _told(title: str, clean: str, found: list[dict[str, Any]]) -> AuditSection:
    """Findings that have a sentence each."""
    if not found:
        return _section(title, clean, "ok")
    groups = [(item.get("cases", ())[:8], str(item["text"])) for item in found]
    return _section(title, f"{counted(len(found), 'finding')}.", "warning", groups)


def _set_aside(found: list[dict[str, Any]]) -> AuditSection:
    if not found:
        return _section("Set aside", "Every case could be read.", "ok")
    groups = [((), f"{item['case']}: {item['reason']}") for item in found]
    return _section("Set aside", f"{counted(len(found), 'case')} cannot be used.", "warning", groups)


def _outliers(found: list[dict[str, Any]]) -> AuditSection:
    if not found:
        return _section("Far from all others", "No picture stands out.", "ok")
    groups = [((item["case"],), f"{item['score']:.1f} deviations") for item in found]
    return _section(
        "Far from all others", "Worth a look: another view, another body part, a screenshot?", "note", groups
    )


def _notes(notes: list[str]) -> AuditSection:
    if not notes:
        return _section("Notes", "None.", "ok")
    return _section("Notes", f"{counted(len(notes), 'note')}.", "note", [((), str(note)) for note in notes])

"""The page says what was found and what was not, and nothing in it can act."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medgraft.files import write_json
from medgraft.use.report.audit_page import audit_sections, render_audit

CASE = "0123456789abcdef"
EMPTY: dict[str, Any] = {
    name: []
    for name in (
        *("duplicates", "patients_across_splits", "quarantined", "label_conflicts", "pixels", "outliers"),
        *("shortcuts", "privacy", "notes"),
    )
}


def test_clean_checks_are_said() -> None:
    sections = audit_sections(EMPTY)
    assert {section.level for section in sections} == {"ok"}
    assert len(sections) == 10


def test_findings_are_shown_and_inert(tmp_path: Path) -> None:
    near = {"kind": "near", "cases": [CASE, CASE[::-1]], "splits": ["train", "test"], "labels": ["<b>a", "c"]}
    audit = {
        **EMPTY,
        "duplicates": [{**near, "likeness": 0.91, "orientation": "mirrored"}],
        "quarantined": [{"case": "x", "reason": "<img src=x onerror=alert(1)>"}],
        "outliers": [{"case": CASE, "score": 7.5}],
        "shortcuts": [{"cue": "site", "text": "The site alone predicts the label"}],
    }
    write_json(tmp_path / "audit.json", audit)
    page = render_audit(tmp_path, title="<script>x").read_text("utf-8")
    assert "likeness 0.91, mirrored" in page
    assert "1 across parts" in page
    assert "&lt;b&gt;a / c" in page
    assert "<img src=x" not in page
    assert "<script>" not in page
    assert "The site alone predicts the label" in page

"""``medgraft audit``: one object for machines, three for strict houses."""

from __future__ import annotations


def test_audit(fitted, call, tmp_path):
    content = call("audit", fitted.cohort, "--out", tmp_path / "audit")
    assert content["cases"] == len(list((fitted.cohort / "images").glob("*.png")))
    assert {"duplicates", "patients_across_splits", "quarantined", "shortcuts", "privacy"} <= set(content)
    assert (tmp_path / "audit" / "audit.html").exists()

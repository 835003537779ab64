"""``medgraft report`` draws the page again, with or without pictures."""

from __future__ import annotations


def test_report(run, call):
    assert call("report", run, "--no-images")["images"] is False
    assert "base64,/9j" not in (run / "report.html").read_text("utf-8")

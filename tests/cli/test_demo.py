"""``medgraft demo`` runs the main job on the phantom."""

from __future__ import annotations


def test_demo(tmp_path, call):
    answer = call("demo", "--out", tmp_path / "demo", "--patients", 16, "--size", 64)
    assert answer["metrics"]["test"]["auroc"]["n"] > 0
    assert (tmp_path / "demo" / "run" / "report.html").exists()

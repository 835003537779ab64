"""The summary shows value and interval, and a dash where there is none."""

from __future__ import annotations

from medgraft.cli.summary import show_metrics
from medgraft.cli.terminal import Terminal


def test_values_intervals_and_dashes(capsys):
    part = {
        "accuracy": {"value": 0.8, "low": 0.7, "high": 0.9, "n": 40},
        "auroc": {"value": None, "low": None, "high": None, "n": 40},
        "sensitivity": {"value": 0.6, "low": 0.3, "high": 0.9, "n": 5, "events": 5},
        "specificity": {"value": 0.6, "low": 0.5, "high": 0.7, "n": 35, "events": 35},
        "f1": {"value": 0.5, "low": None, "high": None, "n": 40},
    }
    show_metrics(Terminal(as_json=False), {"test": part}, ["test", "absent"])
    shown = capsys.readouterr().out
    assert "test (n = 40)" in shown
    assert "0.800 (0.700–0.900)" in shown
    assert "0.600 (0.300–0.900, few events)" in shown
    assert "0.600 (0.500–0.700)" in shown
    assert "absent" not in shown
    rows = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.strip()}
    assert rows["auroc"] == ["–"]
    assert rows["f1"] == ["0.500"]

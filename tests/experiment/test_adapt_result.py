"""What ``--json`` gives of an adaptation holds no place of a case."""

from __future__ import annotations

from pathlib import Path

from medgraft.experiment.adapt_result import AdaptResult


def test_of_the_map_only_numbers():
    found = {"moved": "both", "auroc": {}, "mmd": {}, "before": [[0, 0]]}
    told = AdaptResult(Path("run"), {"map": found}, ["said"], {}, [], []).to_json()
    assert told["map"] == {"moved": "both", "auroc": {}, "mmd": {}} and told["told"] == ["said"]
    assert AdaptResult(Path("run"), {"map": None}, [], {}, [], []).to_json()["map"] is None

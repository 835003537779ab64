"""What every adapted run holds: both cohorts once, and parts that share nobody."""

from __future__ import annotations

import numpy as np
import pandas as pd

from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.adapted_folder import BothSites, begin_adapted
from medgraft.experiment.tables import read_table
from medgraft.files import read_json


def test_source_and_target_are_one_cohort(fitted, tmp_path):
    source, out = RunFolder(fitted.run), RunFolder(tmp_path / "out")
    before = read_table(source / "cohort.parquet")
    fresh = pd.DataFrame(
        {
            **{name: pd.Series(["x", "y"], dtype=object) for name in before.columns},
            "case_id": ["0" * 16, str(before["case_id"].iloc[0])],
            **{name: ["x", "y"] for name in ("path", "member", "patient", "sha256")},
        }
    )
    begin_adapted(out, BothSites(source, fresh, judged=np.array([0])), method="none", seed=3)
    table, split = read_table(out / "cohort.parquet"), read_json(out / "split.json")
    assert len(table) == len(before) + 1 and table["case_id"].is_unique
    assert set(read_table(out.private / "links.parquet")["case_id"]) == set(table["case_id"])
    assert split["test"] == ["0" * 16] and split["train"] == read_json(source / "split.json")["train"]
    assert read_json(out / "config.json")["adapted"] == {"from": source.path.name, "method": "none"}
    assert out.private.stat().st_mode & 0o77 == 0

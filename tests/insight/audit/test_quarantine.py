"""Reasons, without paths."""

from __future__ import annotations

import pandas as pd

from medgraft.data.cohort.cohort import Cohort, Quarantined
from medgraft.insight.audit.check import Material
from medgraft.insight.audit.quarantine import quarantine


def test_paths_stay_out() -> None:
    gone = (Quarantined("q", "/secret.png", "row 3: no such file"),)
    cohort = Cohort(pd.DataFrame({"case_id": []}), (), "made", "made", gone, ("note",))
    assert quarantine(Material(cohort, {}, {})) == {
        "quarantined": [{"case": "q", "reason": "row 3: no such file"}],
        "notes": ["note"],
    }

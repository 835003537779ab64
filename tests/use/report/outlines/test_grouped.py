from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from medgraft.use.report.outlines.grouped import by_site, by_size, dice_of
from medgraft.use.report.outlines.run import read_outlines


def test_dice_of_all_cases_is_that_of_the_metrics(outlined_session):
    run = read_outlines(outlined_session)
    overall, each = dice_of(run.judged, run.base.labels)
    told = run.base.metrics["test"]
    assert overall["value"] == pytest.approx(told["dice"]["value"])
    assert each["tail"]["value"] == pytest.approx(told["per_class"]["tail"]["dice"]["value"])
    assert (overall["n"], overall["n_patients"]) == (18, 9)


def test_sites_partition_the_cases(outlined_session):
    run = read_outlines(outlined_session)
    groups = by_site(run.judged, run.base.labels)
    assert [(group.name, group.cases) for group in groups] == [("north", 10), ("south", 8)]
    north = run.judged[(run.judged["site"] == "north") & (run.judged["label"] == "head")]
    assert groups[0].per_class["head"]["value"] == pytest.approx(north["dice"].mean())
    one = run.judged.assign(site="north")
    assert by_site(one, run.base.labels) == [] == by_site(one.assign(site=None), run.base.labels)


def test_thirds_by_size():
    """Nine cases with a truth of 1 to 9, one empty: Dice is a tenth of the size."""
    size = np.array([5, 1, 9, 2, 7, 4, 8, 3, 6, 0], dtype=float)
    rows = pd.DataFrame({"case_id": [f"c{place}" for place in range(10)], "volume_true": size, "dice": size / 10})
    groups = by_size(rows.assign(label="a", patient_id=None), "a")
    assert [(one.low, one.high, one.cases) for one in groups] == [(1, 3, 3), (4, 6, 3), (7, 9, 3)]
    assert [one.overall["value"] for one in groups] == pytest.approx([0.2, 0.5, 0.8])
    assert by_size(rows.head(5).assign(label="a", patient_id=None), "a") == []
    assert by_size(rows.assign(label="a", patient_id=None, volume_true=2.0), "a") == []

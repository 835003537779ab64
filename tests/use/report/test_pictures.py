from __future__ import annotations

import pandas as pd
import pytest

from medgraft.errors import ArtifactError
from medgraft.use.report.pictures import read_pictures


def _cases(run):
    return pd.read_parquet(run / "cohort.parquet")["case_id"].tolist()


def test_pictures_in_the_wanted_order_within_the_budget(fabricate):
    run = fabricate(n=40, thumbnails=16)
    cases = _cases(run)
    everything = read_pictures(run, cases, budget=10**9)
    assert len(everything.sources) == 40 and everything.left_out == 0
    assert everything.get(cases[3]).startswith("data:image/jpeg;base64,")
    budget = sum(len(everything.get(case)) for case in cases[:7])
    some = read_pictures(run, [*cases, *cases], budget=budget)
    assert list(some.sources)[:7] == cases[:7] and some.left_out == 33
    assert sum(len(source) for source in some.sources.values()) <= budget


def test_no_thumbnails_no_pictures(fabricate):
    run = fabricate(n=20)
    assert not read_pictures(run, _cases(run), budget=10**6)
    assert not read_pictures(fabricate(n=20, thumbnails=16), [], budget=10**6)


def test_bytes_that_are_no_picture_are_not_shown(fabricate):
    run = fabricate(n=20)
    cases = _cases(run)
    table = pd.DataFrame({"case_id": cases, "jpeg": [b"<svg onload=alert(1)>"] * 20})
    table.to_parquet(run / "private" / "thumbnails.parquet")
    assert not read_pictures(run, cases, budget=10**6)


def test_damage_is_an_error(fabricate):
    run = fabricate(n=20, thumbnails=16)
    (run / "private" / "thumbnails.parquet").write_bytes(b"broken")
    with pytest.raises(ArtifactError, match="damaged"):
        read_pictures(run, _cases(run), budget=10**6)

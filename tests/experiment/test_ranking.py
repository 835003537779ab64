"""Sources on common folds: a control without knowledge comes last, and the test cases take no part."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from medgraft.errors import UsageError
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.ranking import rank_data
from medgraft.files import read_json

SETS = ["preprocess.size=64", "search.folds=3"]
NAMES = ["tf_efficientnet_lite0@random", "tf_efficientnet_lite0", "no_such_network"]


@pytest.fixture(scope="module")
def ranked(fitted, tmp_path_factory):
    out = tmp_path_factory.mktemp("ranked") / "rank"
    return out, rank_data(fitted.cohort, out=out, sets=SETS, flags={"search.backbones": NAMES}, home=fitted.home)


def test_one_row_a_source_the_best_first(ranked):
    _, result = ranked
    values = [row["probe"]["value"] for row in result.rows]
    assert values == sorted(values, reverse=True)
    assert {row["name"] for row in result.rows} == set(NAMES[:2])
    best = result.rows[0]
    assert best["to_best"]["value"] == 0
    assert best["ties_with_best"]
    assert best["name"] in result.tied
    assert sum(row["chance_best"] for row in result.rows) == pytest.approx(1.0, abs=0.02)


def test_hints_speed_and_size_stand_beside(ranked):
    for row in ranked[1].rows:
        assert {"logme", "h-score", "n-leep"} <= row["hints"].keys()
        assert row["seconds_a_picture"] > 0
        assert row["megabytes"] == pytest.approx(4 * row["parameters"] / 1e6)


def test_what_cannot_be_tried_is_told_with_its_reason(ranked):
    assert "no_such_network" in ranked[1].left_out["no_such_network"]


def test_the_test_cases_of_fit_take_no_part(ranked, fitted):
    split = read_json(fitted.run / "split.json")
    assert ranked[1].cases == len(split["train"]) + len(split["val"])


def test_the_files_say_the_same(ranked):
    out, result = ranked
    written = read_json(out / "rank.json")
    assert [row["name"] for row in written["rows"]] == [row["name"] for row in result.rows]
    assert len(pd.read_csv(out / "rank.csv")) == len(result.rows)
    json.dumps(result.to_json(), allow_nan=False)
    with pytest.raises(UsageError, match="it is there already"):
        rank_data(out, out=out)


def test_a_fit_after_it_embeds_nothing_again(ranked, fitted, tmp_path):
    result = fit_run(fitted.cohort, tmp_path / "run", sets=SETS[:1], home=fitted.home)
    assert (result.forward_passes, result.decodes) == (0, 0)

"""The bundle's part: it answers as what was fitted, says what an answer rests on, and holds nobody's row."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from medgraft.data.clinical.columns import Column
from medgraft.data.clinical.table import ClinicalRows
from medgraft.errors import ArtifactError
from medgraft.files import verify_manifest, write_json
from medgraft.transfer.fusion.fusion import FusionCases, fitted_fusion
from medgraft.transfer.fusion.keeping import ClinicalModel

COLUMNS = (Column("age", "number"), Column("sex", "category"))


@pytest.fixture(scope="module")
def cases():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    chance = np.clip(0.5 + 0.3 * (labels - 0.5) + 0.2 * rng.normal(size=60), 0.05, 0.95)
    values = pd.DataFrame({"age": 61.2345 + 5 * labels + rng.normal(size=60)})
    values["sex"] = rng.choice(["f", "m"], 60)
    values.loc[0, "sex"] = "the only one"
    rows = ClinicalRows(COLUMNS, values, np.ones(60, bool), "patient")
    return FusionCases(rows, np.stack([1 - chance, chance], 1)[None], labels, np.arange(60))


@pytest.fixture(scope="module")
def model(cases):
    return ClinicalModel(fitted_fusion(cases).fusion, ("benign", "malignant"), "patient", None, {"both": 0.4})


def test_it_answers_the_same_after_it_was_kept(cases, model, tmp_path):
    model.keep(tmp_path)
    verify_manifest(tmp_path)
    again = ClinicalModel.of_bundle(tmp_path)
    np.testing.assert_array_equal(again.answers(cases.image[0], cases.rows), model.answers(cases.image[0], cases.rows))
    assert (again.labels, again.by, again.thresholds) == (model.labels, "patient", {"both": 0.4})
    assert again.columns == COLUMNS


def test_it_holds_nobodys_row(cases, model, tmp_path):
    model.keep(tmp_path)
    text = (tmp_path / "clinical.json").read_text("utf-8")
    assert "the only one" not in text
    assert not any(repr(float(age)) in text for age in cases.rows.values["age"])


def test_without_a_row_the_image_answers_and_that_is_said(cases, model):
    values = pd.DataFrame({"age": [70.0, np.nan, np.nan], "sex": np.array(["f", "other", None], object)})
    rows = ClinicalRows(COLUMNS, values, np.array([True, True, False]), "patient")
    image = cases.image[0, :3]
    answers = model.answers(image, rows)
    np.testing.assert_array_equal(answers[2], image[2])
    assert np.abs(answers[0] - image[0]).max() > 1e-3
    assert model.told(rows) == [
        "image and table",
        "image and table; missing: age; a group the model does not know: sex",
        "image alone: no row in the table",
    ]


def test_a_bundle_without_it_and_one_that_is_damaged(model, tmp_path):
    assert ClinicalModel.of_bundle(tmp_path) is None
    model.keep(tmp_path)
    content = json.loads((tmp_path / "clinical.json").read_text("utf-8"))
    del content["both"], content["format_version"]
    write_json(tmp_path / "clinical.json", content)
    with pytest.raises(ArtifactError, match="fit again"):
        ClinicalModel.of_bundle(tmp_path)

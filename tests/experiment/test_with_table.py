"""Predicting with a table: both where there is a row, the image alone where there is none, and it says which."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medgraft.data.clinical.options import ClinicalOptions
from medgraft.errors import CohortError, UsageError
from medgraft.experiment.predicting import predict_files
from medgraft.progress import Progress
from medgraft.transfer.models.bundle import Bundle


@pytest.fixture
def predicted(with_table, tmp_path):
    """``predicted(change)``: answers to the whole cohort with a table that was changed."""

    def one(change=lambda table: table):
        change(pd.read_csv(with_table.table)).to_csv(tmp_path / "new.csv", index=False)
        options = ClinicalOptions(file=tmp_path / "new.csv")
        rows = predict_files(with_table.run, [with_table.cohort], clinical=options, home=with_table.home).table
        numbers = [name for name in rows if "p_" in name]
        return rows.astype(dict.fromkeys(numbers, float))

    return one


def test_both_and_the_image_alone(predicted, with_table):
    rows = predicted().set_index("case_id")
    plain = predict_files(with_table.run, [with_table.cohort], home=with_table.home).table.set_index("case_id")
    np.testing.assert_allclose(rows["image_p_nodule"], plain["p_nodule"].astype(float))
    assert rows["image_prediction"].tolist() == plain["prediction"].tolist()
    alone = rows["answered_from"] == "image alone: no row in the table"
    assert 0 < alone.sum() < len(rows)
    np.testing.assert_array_equal(rows.loc[alone, "p_nodule"], rows.loc[alone, "image_p_nodule"])
    assert (rows.loc[~alone, "p_nodule"] != rows.loc[~alone, "image_p_nodule"]).all()
    np.testing.assert_allclose(rows["p_nodule"] + rows["p_clear"], 1)


def test_the_same_answers_as_in_the_fit(predicted, with_table):
    rows = predicted().set_index("case_id")
    told = pd.read_parquet(with_table.run / "fusion_predictions.parquet").query("split == 'test'").set_index("case_id")
    np.testing.assert_allclose(rows.loc[told.index, "p_nodule"], told["both_p_nodule"], atol=1e-6)


def test_what_is_missing_or_unknown_is_said(predicted):
    rows = predicted(lambda table: table.assign(sex="other", marker=np.nan))
    with_row = rows[rows["answered_from"].str.startswith("image and table")]
    assert with_row["answered_from"].str.contains("missing: marker").all()
    assert with_row["answered_from"].str.contains("a group the model does not know: sex").all()
    assert np.isfinite(with_row["p_nodule"]).all()


def test_a_column_that_is_not_there_is_an_error(predicted):
    with pytest.raises(CohortError, match="the column 'marker' is not there"):
        predicted(lambda table: table.drop(columns="marker"))


def test_the_label_is_not_needed(predicted):
    assert len(predicted(lambda table: table.drop(columns="verdict")))


def test_text_in_a_number_column_names_the_row(predicted):
    with pytest.raises(CohortError, match=r"new\.csv: row 2 of the column 'marker' holds 'high'"):
        predicted(lambda table: table.assign(marker=["high", *table["marker"].astype(str)[1:]]))


def test_a_picture_that_cannot_be_read_has_no_answer(with_table, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    table = pd.read_csv(with_table.table).assign(file=["bad.png", *[f"{number}.png" for number in range(1, 22)]])
    table.to_csv(tmp_path / "new.csv", index=False)
    options = ClinicalOptions(file=tmp_path / "new.csv", by="path", join="file")
    rows = predict_files(with_table.run, [tmp_path / "bad.png"], clinical=options, home=with_table.home).table
    assert rows["prediction"].isna().all()
    assert rows["reason"].str.len().min() > 0


def test_what_the_gate_refuses_gets_no_label_from_the_table(with_table, tmp_path):
    Image.new("L", (64, 64)).save(tmp_path / "empty.png")
    table = pd.read_csv(with_table.table).assign(file=["empty.png", *[f"{number}.png" for number in range(1, 22)]])
    table.to_csv(tmp_path / "new.csv", index=False)
    options = ClinicalOptions(file=tmp_path / "new.csv", by="path", join="file")
    rows = predict_files(with_table.run, [tmp_path / "empty.png"], clinical=options, home=with_table.home).table
    assert rows["prediction"].isna().all()
    assert rows["image_prediction"].isna().all()
    assert rows["answered_from"].tolist() == rows["abstain"].tolist() == ["empty picture"]
    assert rows["p_nodule"].tolist() == rows["image_p_nodule"].tolist()


def test_the_calibrator_comes_before_the_table(with_table, monkeypatch, predicted):
    """With a calibrator that turns every answer into the same, only the table can tell cases apart."""
    flat = lambda self, probability: np.full_like(probability, 0.5)  # noqa: E731
    monkeypatch.setattr(Bundle, "mended", flat)
    rows = predicted()
    assert rows["image_p_nodule"].nunique() == 1
    with_row = rows[rows["answered_from"].str.startswith("image and table")]
    assert with_row["p_nodule"].nunique() > 5


def test_a_run_without_a_table_says_so(fitted, with_table):
    options = ClinicalOptions(file=with_table.table)
    with pytest.raises(UsageError, match="was fitted without a table"):
        predict_files(fitted.run, [fitted.cohort], clinical=options, home=fitted.home, progress=Progress())

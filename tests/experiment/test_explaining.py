"""``predict --explain``: one picture a case by its id, a table that joins, similar cases where the bundle has them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medgraft.errors import UsageError
from medgraft.experiment.explaining import Explaining, explain_cases, gallery_of
from medgraft.experiment.predicting import predict_files
from medgraft.insight.explanation.similar import Gallery


@pytest.fixture
def files(fitted):
    return sorted((fitted.cohort / "images").iterdir())[:2]


@pytest.mark.parametrize("method", ["hirescam", "gradcam"])
def test_pictures_and_table(fitted, files, tmp_path, method):
    answer = predict_files(fitted.run, files, explain=Explaining(tmp_path / "maps", method), home=fitted.home)
    table = pd.read_csv(tmp_path / "maps" / "explanations.csv").set_index("case_id")
    assert sorted(table.index) == sorted(answer.table["case_id"])
    for case, row in table.iterrows():
        assert (row["picture"], row["explained"], row["method"]) == (f"{case}.png", "nodule", method)
        assert row["probability"] == answer.table.set_index("case_id").loc[case, "p_nodule"]
        with Image.open(tmp_path / "maps" / row["picture"]) as picture:
            halves = np.split(np.asarray(picture).astype(int), 2, axis=1)
        assert not np.array_equal(*halves)
        assert (tmp_path / "maps" / row["picture"]).stat().st_mode & 0o077 == 0
    assert "similar" not in table


def test_what_cannot_be_read_has_no_row(fitted, files, tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    asked = Explaining(tmp_path / "maps")
    predict_files(fitted.run, [files[0], tmp_path / "empty.png"], explain=asked, home=fitted.home)
    assert len(pd.read_csv(tmp_path / "maps" / "explanations.csv")) == 1


def test_a_folder_with_something_in_it(fitted, files, tmp_path):
    (tmp_path / "there").write_text("x")
    with pytest.raises(UsageError, match="not empty"):
        predict_files(fitted.run, files, explain=Explaining(tmp_path), home=fitted.home)


def test_an_unknown_method(fitted, files, tmp_path):
    with pytest.raises(UsageError, match="did you mean 'occlusion'"):
        predict_files(fitted.run, files, explain=Explaining(tmp_path / "maps", "oclusion"), home=fitted.home)


def test_similar_cases_of_a_bundle_with_a_gallery(fitted, files, tmp_path, monkeypatch):
    from medgraft.experiment import explaining
    from medgraft.use.prediction.predictor import Predictor

    assert gallery_of(fitted.run) is None
    predictor = Predictor.load(fitted.run, fitted.home)
    from medgraft.data.imaging.reader import ImageReader
    from medgraft.source.embedding.embed import Picture

    table = pd.DataFrame({"case_id": ["c0"], "path": [str(files[0])], "member": [""], "sha256": ["0" * 64]})
    answer = predictor.predict([Picture(files[0], "", "0" * 64)], reader=ImageReader())
    features = np.concatenate([answer.embedding.features, -answer.embedding.features])
    gallery = Gallery.of(features, ["a", "b"], ["nodule", "clear"])
    found = explain_cases(predictor, table, answer, explaining.Explaining(tmp_path / "maps"), gallery=gallery)
    assert found["similar"].iloc[0].startswith("nodule (a, 1.00); clear (b, -1.00)")

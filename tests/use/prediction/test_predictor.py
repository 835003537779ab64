"""Prediction is features through the head, from a bundle that was checked."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import ArtifactError
from medgraft.source.embedding.embed import Picture
from medgraft.use.prediction.predictor import Predictor


def pictures(fitted, count=3):
    links = pd.read_parquet(fitted.run / "private" / "links.parquet").head(count)
    return [Picture(Path(row.path), row.member, row.sha256) for row in links.itertuples()]


def test_probabilities_are_features_through_the_head(fitted):
    predictor = Predictor.load(fitted.run, fitted.home)
    answer = predictor.predict(pictures(fitted), reader=ImageReader())
    np.testing.assert_array_equal(answer.probability, predictor.bundle.head.probabilities(answer.embedding.features))
    assert answer.embedding.forward_passes == 0  # known from the fit


def test_the_threshold_decides(fitted):
    predictor = Predictor.load(fitted.run / "bundle", fitted.home)
    answer = predictor.predict(pictures(fitted, 20), reader=ImageReader())
    task, cut = predictor.bundle.task, predictor.bundle.calibration.threshold
    assert cut is not None
    positive = answer.probability[:, task.positive_index] >= cut
    assert [label == task.positive for label in answer.label] == positive.tolist()


def test_what_cannot_be_read_has_no_answer(fitted, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    bad = Picture(tmp_path / "bad.png", "", "bad")
    answer = Predictor.load(fitted.run, fitted.home).predict([bad, *pictures(fitted)], reader=ImageReader())
    assert answer.label[0] is None
    assert np.isnan(answer.probability[0]).all()
    assert list(answer.embedding.failures) == [0]
    assert np.isfinite(answer.probability[1:]).all()


def test_engines_agree(fitted):
    one, other = (
        Predictor.load(fitted.run, fitted.home, engine=name).predict(pictures(fitted), reader=ImageReader())
        for name in ("openvino", "torch")
    )
    np.testing.assert_allclose(one.probability, other.probability, atol=1e-4)


def test_a_damaged_bundle_is_refused(fitted, tmp_path):
    shutil.copytree(fitted.run / "bundle", tmp_path / "bundle")
    weights = tmp_path / "bundle" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ArtifactError, match=r"changed model\.safetensors"):
        Predictor.load(tmp_path, fitted.home)

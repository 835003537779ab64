"""Which class is explained and which slices; a method that does not fit is refused before any picture is read."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import UsageError
from medgraft.experiment.stages.heat_maps import HeatMaps, explained_class, telling_slices
from medgraft.home import Home
from medgraft.source.embedding.bags import Bags
from medgraft.source.embedding.cases import CaseEmbedding
from medgraft.source.embedding.embed import Picture
from medgraft.transfer.models.bundle import read_bundle
from medgraft.transfer.models.heads.gallery import GalleryHead
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.use.prediction.predictor import Predictor


def test_what_is_explained():
    chances = np.array([[0.7, 0.3], [0.1, 0.9]])
    several = SimpleNamespace(task=SimpleNamespace(kind="classification", positive_index=None))
    several.called = lambda p: p.argmax(axis=1)
    binary = SimpleNamespace(task=SimpleNamespace(kind="classification", positive_index=1), called=several.called)
    labels = SimpleNamespace(task=SimpleNamespace(kind="multi-label", positive_index=None))
    labels.called = lambda p: np.array([[0, 0], [1, 0]])
    assert explained_class(several, chances).tolist() == [0, 1]
    assert explained_class(binary, chances).tolist() == [1, 1]
    assert explained_class(labels, chances).tolist() == [0, 0], "called goes before likely; none called: the likeliest"


@pytest.mark.parametrize("sharpness", [0.0, 2.0])
def test_the_slices_that_count_most(sharpness):
    head = LinearHead(np.array([[-1.0], [1.0]], np.float32), np.zeros(2, np.float32), sharpness=sharpness)
    rows = np.array([[5.0], [0.1], [3.0], [-2.0], [4.0], [1.0]], np.float32)
    embedding = CaseEmbedding(
        features=rows[:2],
        facts=[None, None],
        failures={},
        forward_passes=0,
        decodes=0,
        engine={},
        bags=Bags(rows, np.array([0, 1, 6])),
        slice_numbers=np.array([0, 10, 20, 30, 40, 50]),
    )
    assert telling_slices(SimpleNamespace(head=head), embedding, 1, 1) == [40, 20, 50]
    assert telling_slices(SimpleNamespace(head=head), embedding, 1, 0) == [30, 10, 50]


@pytest.fixture(scope="module")
def opened(fitted):
    """The fitted run's bundle and job."""
    predictor = Predictor.load(fitted.run, fitted.home)
    return predictor.bundle, predictor.job()


def test_a_map_of_a_picture(opened, fitted):
    bundle, job = opened
    path = pd.read_parquet(fitted.run / "private" / "links.parquet")["path"].iloc[0]
    (found,) = HeatMaps(bundle, job, "hirescam", reader=ImageReader()).of(Picture(fitted.cohort / path, "", ""), 1)
    size = bundle.preprocessing.size
    assert found.heat.shape == (size, size)
    assert found.slice is None
    expected = bundle.preprocessing.apply(ImageReader().read(fitted.cohort / path, ""))
    np.testing.assert_array_equal(found.pixels, expected)


def test_what_a_map_names_is_taken_away_and_given_back(opened, fitted):
    bundle, job = opened
    path = pd.read_parquet(fitted.run / "private" / "links.parquet")["path"].iloc[0]
    maps = HeatMaps(bundle, job, "hirescam", reader=ImageReader())
    (found,) = maps.of(Picture(fitted.cohort / path, "", ""), 1)
    curves = maps.perturbed(found, 1)
    predictor = Predictor.load(fitted.run, fitted.home)
    answer = predictor.predict([Picture(fitted.cohort / path, "", "")], reader=ImageReader())
    own = bundle.head.answers(answer.embedding.bags)[0, 1]
    assert curves.deletion[0] == pytest.approx(own, abs=1e-3) and curves.insertion[-1] == pytest.approx(own, abs=1e-3)
    assert curves.deletion[-1] == pytest.approx(curves.insertion[0], abs=1e-4)


def test_a_head_of_neighbours_is_told_what_works(fitted):
    bundle = read_bundle(fitted.run / "bundle")
    width = bundle.backbone.feature_dim
    zeros, ones = np.zeros(width, np.float32), np.ones(width, np.float32)
    gallery = GalleryHead(np.eye(2, width, dtype=np.float32), np.array([0, 1]), zeros, ones, np.zeros(2), 1.0, 1, False)
    job = Predictor(bundle, Home(fitted.home.path)).job()
    with pytest.raises(UsageError, match=r"kind 'gallery'.*these methods work: occlusion \(--explain-method\)"):
        HeatMaps(replace(bundle, head=gallery), job, "hirescam", reader=ImageReader())

"""Features of pixels are those of the file that holds them, whichever engine and however many backbones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import WeightsError
from medgraft.source.backbones.joined import JoinedBackbone
from medgraft.source.embedding.joining import embed_parts
from medgraft.source.embedding.pixel_features import PixelFeatures

PREPROCESSING = Preprocessing(size=32, channels=3)


@pytest.fixture
def both(job, descriptor_job):
    backbone = JoinedBackbone((job.backbone, descriptor_job.backbone))
    return replace(job, backbone=backbone, checksum=backbone.facts.checksum)


@pytest.mark.parametrize("engine", ["auto", "torch"])
def test_they_are_those_of_embed(both, pictures, engine):
    pixels = np.stack([PREPROCESSING.apply(ImageReader().read(one.path, one.member)) for one in pictures])
    expected = embed_parts(pictures, both, PREPROCESSING, reader=ImageReader(), engine=engine).features
    features = PixelFeatures(both, engine)
    np.testing.assert_allclose(features(pixels), expected, atol=1e-6)
    np.testing.assert_array_equal(features(pixels[:2]), features(pixels)[:2])


def test_no_engine_is_told(job):
    with pytest.raises(WeightsError, match="no engine can run"):
        PixelFeatures(job, "handcrafted")

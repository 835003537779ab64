"""The same features as of files with these pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import WeightsError
from medgraft.source.backbones.joined import JoinedBackbone
from medgraft.source.embedding import openvino_engine
from medgraft.source.embedding.embed import embed
from medgraft.source.embedding.joining import embed_parts
from medgraft.source.embedding.pixel_features import PixelFeatures

PREPROCESSING = Preprocessing(size=32, channels=3)


def images_of(pictures):
    return [PREPROCESSING.apply(ImageReader().read(one.path, one.member)) for one in pictures]


def test_they_are_those_of_the_files(job, pictures):
    wanted = embed(pictures, job, PREPROCESSING, reader=ImageReader()).features
    found = PixelFeatures(job).features(iter(images_of(pictures)), len(pictures))
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(PixelFeatures(job)(np.stack(images_of(pictures))), wanted)


def test_parts_stand_side_by_side(job, descriptor_job, pictures):
    backbone = JoinedBackbone((job.backbone, descriptor_job.backbone))
    both = replace(job, backbone=backbone, checksum=backbone.facts.checksum)
    wanted = embed_parts(pictures, both, PREPROCESSING, reader=ImageReader()).features
    np.testing.assert_array_equal(PixelFeatures(both).features(iter(images_of(pictures)), len(pictures)), wanted)


def test_what_no_engine_can_run_is_told(job):
    with pytest.raises(WeightsError, match="no engine can run"):
        PixelFeatures(replace(job, device="nowhere"))


class Broken:
    """An engine that loses a row."""

    def __init__(self, job):
        self.facts = {}

    def run(self, images, sink):
        for row, _ in images:
            if row:
                sink(row, np.zeros(8, np.float32))


def test_features_that_are_no_numbers_are_told(job, pictures, monkeypatch):
    monkeypatch.setattr(openvino_engine.OpenVinoKind, "build", staticmethod(Broken))
    with pytest.raises(WeightsError, match="not finite"):
        PixelFeatures(job, "openvino").features(iter(images_of(pictures)), len(pictures))

"""The engine of descriptors: their numbers, in any company, from the cache the second time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import WeightsError
from medgraft.source.embedding.embed import embed
from medgraft.source.embedding.engine import ENGINES
from medgraft.source.embedding.handcrafted_engine import HandcraftedKind
from medgraft.source.embedding.state import backbone_state
from medgraft.source.handcrafted.catalogue import describe
from medgraft.source.handcrafted.hog import Hog


def run(job, images):
    found = {}
    HandcraftedKind.build(job).run(images, found.__setitem__)
    return found


def test_features_are_those_of_the_descriptors(descriptor_job):
    images = np.random.default_rng(0).random((40, 3, 32, 32), dtype=np.float32)
    found = run(descriptor_job, enumerate(images))
    names = descriptor_job.backbone.facts.descriptors
    for row, pixels in enumerate(images):
        np.testing.assert_array_equal(found[row], describe(names, pixels))


def test_few_pictures_wait_at_a_time(descriptor_job, monkeypatch):
    """However many come, only so many are held: the next is asked for when one is done."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    asked, most, done = 0, 0, set()

    def feed():
        nonlocal asked, most
        for row in range(60):
            asked += 1
            most = max(most, asked - len(done))
            yield row, np.zeros((3, 16, 16), np.float32)

    HandcraftedKind.build(descriptor_job).run(feed(), lambda row, _: done.add(row))
    assert len(done) == 60
    assert most <= 2 * 4 + 2


def test_what_a_descriptor_raises_comes_out(descriptor_job, monkeypatch):
    engine = HandcraftedKind.build(descriptor_job)

    def fail(_):
        raise MemoryError

    monkeypatch.setattr(Hog, "describe", staticmethod(fail))
    with pytest.raises(MemoryError):
        engine.run(enumerate(np.zeros((3, 3, 32, 32), np.float32)), lambda *_: None)


def test_other_descriptors_than_those_of_the_job_are_refused(descriptor_job, monkeypatch):
    monkeypatch.setattr(Hog, "version", 99)
    with pytest.raises(WeightsError, match="other descriptors"):
        HandcraftedKind.build(descriptor_job)
    gone = replace(descriptor_job.backbone.facts, descriptors=("hog", "gone"))
    with pytest.raises(WeightsError, match="hog, gone"):
        HandcraftedKind.build(replace(descriptor_job, backbone=replace(descriptor_job.backbone, facts=gone)))


def test_it_is_chosen_by_itself_and_nothing_is_computed_twice(pictures, descriptor_job):
    preprocessing = Preprocessing(size=32, channels=3)
    first = embed(pictures, descriptor_job, preprocessing, reader=ImageReader())
    again = embed(pictures, descriptor_job, preprocessing, reader=ImageReader())
    assert first.engine["engine"] == again.engine["engine"] == "handcrafted"
    assert (first.forward_passes, again.forward_passes, again.decodes) == (6, 0, 0)
    assert first.pooled.shape == first.features.shape == (6, descriptor_job.backbone.facts.feature_dim)
    np.testing.assert_array_equal(first.features, again.features)


@pytest.mark.parametrize("name", [name for name in ENGINES if name != "handcrafted"])
def test_no_other_engine_takes_descriptors_and_it_takes_no_network(name, pictures, job, descriptor_job):
    preprocessing = Preprocessing(size=32, channels=3)
    with pytest.raises(WeightsError, match=f"{name}: not for this backbone"):
        embed(pictures, descriptor_job, preprocessing, reader=ImageReader(), engine=name)
    with pytest.raises(WeightsError, match="handcrafted: not for this backbone"):
        embed(pictures, job, preprocessing, reader=ImageReader(), engine="handcrafted")


def test_there_are_no_weights_to_keep(descriptor_job):
    assert backbone_state(descriptor_job) == {}

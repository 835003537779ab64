"""Side by side equals one after the other; what a part alone has computed is not computed again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import UsageError
from medgraft.source.backbones.joined import JoinedBackbone
from medgraft.source.embedding.embed import Picture, embed
from medgraft.source.embedding.joining import embed_parts
from medgraft.source.embedding.speed import seconds_a_picture
from medgraft.source.embedding.state import backbone_state

PREPROCESSING = Preprocessing(size=32, channels=3)


@pytest.fixture
def both(job, descriptor_job):
    backbone = JoinedBackbone((job.backbone, descriptor_job.backbone))
    return replace(job, backbone=backbone, checksum=backbone.facts.checksum)


def run(job, pictures, how=embed_parts, **options):
    return how(pictures, job, PREPROCESSING, reader=ImageReader(), **options)


def test_nothing_that_a_part_has_computed_is_computed_again(job, descriptor_job, both, pictures):
    first = run(job, pictures, embed)
    second = run(descriptor_job, pictures, embed)
    assert (first.forward_passes, second.forward_passes) == (len(pictures), len(pictures))
    found = run(both, pictures)
    assert (found.forward_passes, found.decodes) == (0, 0)
    np.testing.assert_array_equal(found.features, np.concatenate([first.features, second.features], axis=1))
    np.testing.assert_array_equal(found.pooled, first.pooled)


def test_nothing_that_both_have_computed_is_computed_again_by_one(job, both, pictures):
    assert run(both, pictures).forward_passes == 2 * len(pictures)
    assert run(job, pictures, embed).forward_passes == 0


def test_the_weights_of_the_parts_are_told_apart_and_predict_the_same(both, job, pictures):
    state = backbone_state(both)
    alone = backbone_state(job)
    assert set(state) == {f"0.{name}" for name in alone}
    for name, value in alone.items():
        np.testing.assert_array_equal(state[f"0.{name}"], value)
    with_state = replace(both, state=state)
    assert with_state.parts()[0].state.keys() == alone.keys()
    np.testing.assert_array_equal(run(with_state, pictures).features, run(both, pictures).features)


def test_one_part_is_itself(job, both):
    assert job.parts() == (job,)
    assert both.parts()[0] == job
    assert both.identity() != job.identity()


def test_a_picture_that_cannot_be_read_is_a_failure_once(both, pictures, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    found = run(both, [*pictures, Picture(tmp_path / "bad.png", "", "bad")])
    assert list(found.failures) == [len(pictures)]
    assert np.isnan(found.features[-1]).all()


def test_engines_are_one_for_all_networks_or_one_each(both, pictures):
    found = run(both, pictures, engine="torch")
    assert found.engine["engine"] == "torch+handcrafted"
    again = run(both, pictures, engine=found.engine["engine"])
    assert again.forward_passes == 0
    with pytest.raises(UsageError, match="one each"):
        run(both, pictures, engine="torch+torch+torch")


def test_time_is_that_of_all_parts(both, pictures):
    assert seconds_a_picture(both, run(both, pictures)) > 0

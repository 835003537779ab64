"""A picture is one row, a volume as many as it has slices; what cannot be read is a failure of its case alone."""

from __future__ import annotations

from dataclasses import replace

import nibabel
import numpy as np
import pytest

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.source.embedding.cases import embed_cases
from medgraft.source.embedding.embed import Picture, embed
from medgraft.source.embedding.sampling import sampled

PLAIN = Preprocessing(size=32, channels=3)
ADJACENT = Preprocessing(size=32, channels=3, planes=3)


@pytest.fixture
def values():
    return np.random.default_rng(0).integers(0, 900, (6, 40, 36)).astype(np.int16)


@pytest.fixture
def volume(tmp_path, values):
    """Six axial slices, D to the Superior, H to the Posterior, W to the Left."""
    affine = np.array([[0, 0, -1, 0], [0, -1, 0, 0], [5, 0, 0, 0], [0, 0, 0, 1.0]])
    nibabel.save(nibabel.Nifti1Image(values, affine), tmp_path / "v.nii.gz")
    return Picture(tmp_path / "v.nii.gz", "*", "digest-of-volume")


def run(cases, job, preprocessing=PLAIN, reader=None):
    return embed_cases(cases, job, preprocessing, reader=reader or ImageReader())


def test_a_volume_is_its_slices_and_their_mean(volume, pictures, job):
    found = run([pictures[0], volume, pictures[1]], job)
    assert list(found.bags.sizes) == [1, 6, 1]
    assert list(found.slice_numbers) == [0, 0, 1, 2, 3, 4, 5, 0]
    np.testing.assert_allclose(found.features[1], found.bags.rows[1:7].mean(axis=0), atol=1e-6)
    alone = embed(pictures[:2], job, PLAIN, reader=ImageReader())
    np.testing.assert_array_equal(found.features[[0, 2]], alone.features)
    assert found.facts[0] == alone.facts[0]


def test_three_planes_are_the_slice_and_its_neighbours(volume, values, job, eager):
    """By hand: each channel is one slice, scaled by the range of the whole volume; ends repeat."""
    found = run([volume], job, ADJACENT)
    low, high = np.percentile(values, (0.5, 99.5))
    scaled = np.clip((values.astype(np.float64) - low) / (high - low), 0, 1).astype(np.float32)
    single = replace_size(scaled)
    stacks = np.stack([single[[max(i - 1, 0), i, min(i + 1, 5)]] for i in range(6)])
    np.testing.assert_allclose(found.bags.rows, eager(stacks), atol=1e-4)


def replace_size(slices):
    from PIL import Image

    return np.stack(
        [np.clip(np.asarray(Image.fromarray(one).resize((32, 32), Image.Resampling.BICUBIC)), 0, 1) for one in slices]
    )


def test_no_more_slices_than_asked_for_evenly_spread(volume, job):
    found = run([volume], job, Preprocessing(size=32, channels=3, slices=3))
    assert list(found.slice_numbers) == [1, 3, 5]
    assert PLAIN.chosen_slices(1000)[:2] == [7, 23]


def test_the_second_time_no_file_is_opened(volume, job, monkeypatch):
    first = run([volume], job)
    assert first.forward_passes == 6
    monkeypatch.setattr(ImageReader, "read", lambda *_: pytest.fail("a slice was read"))
    monkeypatch.setattr(ImageReader, "depth", lambda *_: pytest.fail("a volume was opened"))
    second = run([volume], job)
    assert (second.decodes, second.forward_passes) == (0, 0)
    np.testing.assert_array_equal(second.features, first.features)
    assert second.facts == first.facts


def test_a_broken_volume_is_a_failure_and_no_other_case_suffers(volume, pictures, job, tmp_path):
    (tmp_path / "bad.nii.gz").write_bytes(b"no volume")
    bad = Picture(tmp_path / "bad.nii.gz", "*", "bad")
    found = run([bad, volume, pictures[0]], job)
    assert set(found.failures) == {0}
    assert found.facts[0] is None
    assert np.isnan(found.features[0]).all()
    good = found.take(np.array([False, True, True]))
    assert list(good.bags.sizes) == [6, 1]
    assert not good.failures
    np.testing.assert_array_equal(good.features, run([volume, pictures[0]], job).features)


def test_facts_of_a_volume_follow_all_its_slices(volume, values, job, tmp_path):
    found = run([volume], job).facts[0]
    assert (found.minimum, found.maximum) == (values.min(), values.max())
    changed = values.copy()
    changed[5, 3, 3] += 1
    nibabel.save(nibabel.Nifti1Image(changed, nibabel.load(volume.path).affine), tmp_path / "w.nii.gz")
    other = run([Picture(tmp_path / "w.nii.gz", "*", "other")], job).facts[0]
    assert other.pixel_hash != found.pixel_hash
    assert other.thumbnail == found.thumbnail


def test_an_inflated_network_takes_the_volume_whole(volume, job, values):
    inflated = replace(job, backbone=job.backbone.inflated())
    found = run([volume], inflated)
    assert (list(found.bags.sizes), found.forward_passes) == ([1], 1)
    assert found.engine["engine"] == "torch"
    slices = run([volume], job)
    assert not np.allclose(found.features, slices.features, atol=1e-4)
    assert found.features.shape == slices.features.shape


def test_volumes_are_told_from_pictures(volume, pictures, job):
    assert sampled([volume], job.home, ImageReader()).volumes
    assert sampled([volume], job.home, ImageReader()).channels == 1
    assert not sampled(pictures, job.home, ImageReader()).volumes

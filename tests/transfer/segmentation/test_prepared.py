"""There and back: axes, spacing and size are undone exactly where nothing is resampled, and nearly where it is."""

import itertools

import numpy as np
import pytest

from medgraft.data.imaging.volume import Volume
from medgraft.errors import DataError
from medgraft.transfer.segmentation.prepared import Study, axes_of, called_back, measured, prepare


def one_hot(labels, classes):
    return np.stack([labels == number for number in range(classes)]).astype(np.float32)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1)])
def test_any_orientation_is_undone(order, signs, made):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, (4, 5, 6)).astype(np.uint8)
    affine = np.eye(4)
    affine[:3, :3] = np.diag(signs)[:, order]
    study = Study(Volume(labels[None].astype(np.float32), affine, 0.0, 2.0), labels)
    plan = made.deep_plan(spacing=None, smallest=1)
    prepared = prepare(study, plan, made.grey)
    assert prepared.labels is not None and np.allclose(prepared.pixels[0] * 2, prepared.labels)
    assert np.array_equal(called_back(one_hot(prepared.labels, 3), prepared), labels)


def test_the_planned_axis_comes_first(made):
    study = made.ball(0)
    axes = axes_of(study.content, 2)
    there = axes.there(study.labels)
    assert there.shape == (20, 16, 24) and np.array_equal(axes.back(there), study.labels)
    assert measured(study.content, 2) == ((20, 16, 24), (1.0, 2.0, 1.0))


def test_resampled_outlines_come_back_nearly(made):
    study = made.ball(1)
    prepared = prepare(study, made.deep_plan(spacing=(1.0, 1.0, 1.0)), made.grey)
    assert prepared.pixels.shape == (1, 32, 24, 20)
    back = called_back(one_hot(prepared.labels, 2), prepared)
    both = np.logical_and(back, study.labels).sum()
    assert back.shape == study.labels.shape and 2 * both / (back.sum() + study.labels.sum()) > 0.95


def test_a_picture_keeps_its_size_and_a_large_one_is_made_smaller(made):
    study = made.disc(0, side=128)
    prepared = prepare(study, made.flat_plan(), made.grey)
    assert prepared.pixels.shape == (1, 1, 64, 64) and prepared.pixels.min() >= 0 and prepared.pixels.max() <= 1
    assert called_back(one_hot(prepared.labels, 3), prepared).shape == (128, 128)


def test_a_label_map_of_another_size_is_refused(made):
    study = made.disc(0)
    with pytest.raises(DataError, match="one grid"):
        prepare(Study(study.content, study.labels[:-1]), made.flat_plan(), made.grey)

"""Patches lie where they should, tiles cover each voxel once, and a number always draws the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.transfer.segmentation import patches
from medgraft.transfer.segmentation.patches import PatchFeed, cut_out, tiles_of
from medgraft.transfer.segmentation.prepared import Axes, Prepared

STORED = Axes((0, 1, 2), (False, False, False))


def case(shape, seed=0, labels=True):
    rng = np.random.default_rng(seed)
    found = rng.integers(0, 3, shape).astype(np.uint8) if labels else None
    return Prepared(rng.random((1, *shape), dtype=np.float32), found, shape, STORED, shape[0] == 1)


@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 40), st.integers(1, 40)),
    patch=st.tuples(st.integers(1, 4), st.integers(8, 16), st.integers(8, 16)),
)
@settings(max_examples=60, deadline=None)
def test_tiles_count_every_voxel_once(shape, patch):
    seen = np.zeros(shape, int)
    for tile in tiles_of(0, shape, patch):
        block = tuple(
            slice(max(0, corner + fresh), min(whole, corner + side))
            for corner, fresh, side, whole in zip(tile.corner, tile.fresh, patch, shape, strict=True)
        )
        seen[block] += 1
    assert (seen == 1).all()


def test_validation_counts_each_voxel_once_through_the_feed(made):
    one = case((5, 30, 20))
    plan = made.deep_plan(patch=(4, 16, 16))
    tiles = tiles_of(0, (5, 30, 20), plan.patch)
    feed = PatchFeed(lambda row: one, plan, seed=0, tiles=tiles)
    numbers = np.arange(len(tiles))
    pixels, labels = feed(numbers, numbers, 3)
    counted = [(labels == number).sum() for number in range(3)]
    assert counted == [(one.labels == number).sum() for number in range(3)] and pixels.shape == (
        len(tiles),
        1,
        4,
        16,
        16,
    )


def test_outside_of_a_case_nothing_is_known():
    one = case((1, 6, 6))
    pixels, labels = cut_out(one, (0, -2, 3), (1, 8, 8), 1)
    assert (labels[0, :2] == 255).all() and (labels[0, :, 3:] == 255).all()
    assert np.array_equal(labels[0, 2:, :3], one.labels[0, :, 3:])
    assert np.array_equal(pixels[0, 0, 0, :3], one.pixels[0, 0, 0, 3:]) and pixels[0, 0, 5, 7] == one.pixels[0, 0, 3, 5]


def test_neighbours_become_channels():
    one = case((4, 8, 8))
    pixels, _ = cut_out(one, (0, 0, 0), (1, 8, 8), 3)
    assert np.array_equal(pixels[:, 0], [one.pixels[0, 0], one.pixels[0, 0], one.pixels[0, 1]])


def test_a_share_of_the_patches_holds_a_structure(made):
    labels = np.zeros((1, 200, 200), np.uint8)
    labels[0, 150:153, 20:23] = 1
    one = Prepared(np.zeros((1, 1, 200, 200), np.float32), labels, (1, 200, 200), STORED, True)
    plan = made.flat_plan(patch=(1, 32, 32), patches=40)

    def share(foreground):
        feed = PatchFeed(lambda row: one, plan, seed=1, cases=[0], foreground=foreground)
        return np.mean([(feed.patch(number, None).labels == 1).any() for number in range(40)])

    assert share(1.0) == 1.0 and share(0.0) < 0.25 and 0.3 < share(0.5) < 0.8


def test_a_number_and_an_epoch_say_what_is_drawn(made):
    cases = [case((1, 64, 64), seed) for seed in range(3)]
    feed = PatchFeed(cases.__getitem__, made.flat_plan(patch=(1, 32, 32), patches=2), seed=4, cases=[0, 1, 2])
    assert len(feed) == 6
    alone, together = feed(np.array([4]), np.array([4]), 2), feed(np.arange(6), np.arange(6), 2)
    assert np.array_equal(alone[0][0], together[0][4]) and np.array_equal(alone[1][0], together[1][4])
    assert not np.array_equal(feed(np.array([4]), np.array([4]), 3)[0], alone[0])
    assert np.array_equal(feed(np.array([4]), np.array([4]), None)[0], feed(np.array([4]), np.array([4]), None)[0])


def test_a_case_without_label_map_is_all_unknown(made):
    feed = PatchFeed(lambda row: case((1, 64, 64), labels=False), made.flat_plan(), seed=0, cases=[0])
    assert (feed.patch(0, None).labels == 255).all()
    with pytest.raises(IndexError):
        feed.patch(1, None)


def test_a_structure_is_looked_for_once_a_case_and_its_voxels_are_drawn_alike(made, monkeypatch):
    """Against a search through all voxels, and a count of the searches."""
    one = case((3, 7, 9), seed=5)
    found = patches._structures(one.labels)
    assert [item.number for item in found] == [1, 2]
    for item in found:
        places = np.argwhere(one.labels == item.number)
        shares = (np.arange(len(places)) + 0.5) / len(places)
        assert np.array_equal([item.voxel(one.labels, share) for share in shares], places)
    calls = []
    monkeypatch.setattr(patches, "_structures", lambda labels: calls.append(1) or found)
    feed = PatchFeed(lambda row: one, made.deep_plan(patch=(2, 4, 4), patches=6), seed=0, cases=[0, 1])
    for epoch in (None, 1, 2):
        feed(np.arange(12), np.arange(12), epoch)
    assert len(calls) == 2

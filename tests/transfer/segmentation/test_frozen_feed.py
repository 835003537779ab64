"""Kept maps are those of the encoder, view by view."""

import contextlib

import numpy as np
import torch

from medgraft.progress import Progress
from medgraft.transfer.segmentation.frozen_feed import KeptMaps, PatchPixels, RepeatedViews, view_of
from medgraft.transfer.segmentation.patches import PatchFeed
from medgraft.transfer.segmentation.shelf import Shelf
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.plan import PrefixPlan
from medgraft.transfer.training.prefix_feed import PrefixFeed


def test_views_repeat():
    assert [view_of(epoch, 3) for epoch in (None, 1, 2, 3, 4)] == [None, 1, 2, 3, 1]


def test_kept_and_computed_maps_agree_and_labels_come_along(flat_network, made, tmp_path):
    cases = [made.disc(seed) for seed in range(3)]

    plan = made.flat_plan()
    feed = PatchFeed(Shelf(cases.__getitem__, plan, made.grey), plan, seed=0, cases=[0, 1, 2])
    kept = PrefixPlan(tmp_path / "maps", 3, 2, "float32", 10**9)
    maps = PrefixFeed(flat_network.encoder, PatchPixels(feed), kept, Placement("cpu"), Progress())
    with contextlib.closing(maps):
        both, computed = KeptMaps(feed, maps, 2), RepeatedViews(feed, 2)
        numbers = np.array([2, 0])
        for epoch in (None, 1, 2, 3):
            *found, labels = both(numbers, numbers, epoch)
            pixels, wanted = computed(numbers, numbers, epoch)
            with torch.no_grad():
                again = flat_network.encoder(torch.from_numpy(pixels))
            assert np.array_equal(labels, wanted)
            for one, other in zip(found, again, strict=True):
                assert np.allclose(one, other.numpy(), atol=1e-5)
        assert maps.computed == 2 * 3  # epoch 3 shows view 1 again

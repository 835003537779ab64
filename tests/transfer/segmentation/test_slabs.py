"""A volume answered a few slices at a time gives what MONAI gives for the whole of it, in memory for one window."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.transfer.segmentation.slabs import slabs
from medgraft.transfer.segmentation.volumetric import slide

pytest.importorskip("monai")


def volume(*shape):
    return np.random.default_rng(0).random(shape, dtype=np.float32)


@pytest.mark.parametrize("shape", [(40, 30, 26), (33, 16, 50), (7, 40, 9), (8, 5, 16), (8, 16, 16), (21, 17, 3)])
@pytest.mark.parametrize(("batch", "overlap"), [(1, 0.5), (3, 0.25), (4, 0.0), (2, 0.7)])
def test_they_are_the_windows_of_the_whole(shape, batch, overlap):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv3d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv3d(4, 3, 3, padding=1)).eval()
    pixels = volume(2, *shape)
    with torch.no_grad():
        whole = slide(network, torch.from_numpy(pixels[None]), (8, 16, 16), batch=batch, overlap=overlap)[0].numpy()
        parts = list(slabs(network, pixels, (8, 16, 16), batch=batch, overlap=overlap))
    assert np.allclose(np.concatenate(parts, axis=1), whole, atol=1e-6)


def test_memory_does_not_grow_with_the_volume():
    """Of numpy's share; what torch takes is the buffer of one window's depth."""
    pixels = volume(1, 400, 32, 32)
    tracemalloc.start()
    with torch.no_grad():
        depth = sum(part.shape[1] for part in slabs(lambda given: given, pixels, (8, 16, 16), batch=2, overlap=0.5))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert depth == 400 and peak < pixels.nbytes / 4


def test_what_was_given_away_stays_as_it_was():
    pixels = volume(1, 40, 16, 16)
    with torch.no_grad():
        parts = [(part, part.copy()) for part in slabs(lambda given: given, pixels, (8, 16, 16), batch=1, overlap=0.5)]
    assert all(np.array_equal(part, copy) for part, copy in parts)

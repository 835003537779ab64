"""Networks of volumes follow the plan, and windows give what the whole gives where they must."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.errors import UsageError
from medgraft.transfer.segmentation.volumetric import slide, volume_network

pytest.importorskip("monai")


def test_a_flat_patch_is_not_halved_across_its_slices(made):
    network = volume_network(made.deep_plan(patch=(4, 32, 32)), 1, 2, 4).eval()
    assert network(torch.rand(1, 1, 4, 32, 32)).shape == (1, 2, 4, 32, 32)
    names = list(network.state_dict())
    storages = {item.data_ptr() for item in network.state_dict().values()}
    assert len(storages) == len(names)  # every tensor once


@pytest.mark.parametrize("shape", [(20, 30, 26), (7, 40, 9)])
@pytest.mark.parametrize("batch", [1, 3])
def test_windows_of_a_pointwise_network_are_the_whole(shape, batch):
    pixels = torch.from_numpy(np.random.default_rng(0).random((1, 2, *shape), dtype=np.float32))
    network = nn.Conv3d(2, 3, 1).eval()
    with torch.no_grad():
        whole, found = network(pixels), slide(network, pixels, (8, 16, 16), batch=batch, overlap=0.5)
    assert torch.allclose(found, whole, atol=1e-5)


def test_windows_of_pictures_too():
    pixels = torch.from_numpy(np.random.default_rng(1).random((2, 1, 40, 70), dtype=np.float32))
    network = nn.Conv2d(1, 2, 1).eval()
    with torch.no_grad():
        assert torch.allclose(slide(network, pixels, (1, 32, 32), batch=4, overlap=0.25), network(pixels), atol=1e-5)


def test_the_number_of_windows_at_a_time_changes_nothing(made):
    network = volume_network(made.deep_plan(), 1, 2, 4).eval()
    pixels = torch.from_numpy(np.random.default_rng(2).random((1, 1, 30, 40, 40), dtype=np.float32))
    with torch.no_grad():
        one, several = (slide(network, pixels, (16, 24, 24), batch=size, overlap=0.5) for size in (1, 4))
    assert torch.allclose(one, several, atol=1e-4)


def test_a_missing_package_is_told(monkeypatch, made):
    monkeypatch.setitem(sys.modules, "monai.inferers.utils", None)
    with pytest.raises(UsageError, match="MONAI"):
        volume_network(made.deep_plan(), 1, 2, 4)

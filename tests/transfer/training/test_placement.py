"""Devices that are there, and those that are not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from medgraft.errors import UsageError
from medgraft.transfer.training.placement import Placement, has_matrix_units


def test_cpu_is_float32_in_channels_last() -> None:
    place = Placement("cpu")
    network = place.network(nn.Conv2d(3, 4, 3))
    pixels = place.array(np.random.default_rng(0).random((2, 3, 8, 8), dtype=np.float32))
    assert pixels.is_contiguous(memory_format=torch.channels_last)
    assert network.weight.is_contiguous(memory_format=torch.channels_last)
    with place.precision(), place.deterministic():
        assert network(pixels).dtype == torch.float32


def test_flags_are_given_back() -> None:
    before = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    with Placement("cpu").deterministic():
        pass
    assert (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark) == before


@pytest.mark.parametrize("device", ["cuda:99", "abacus", "meta"])
def test_a_device_that_is_not_there_is_an_error(device: str) -> None:
    with pytest.raises(UsageError, match="device"):
        Placement(device)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_cuda_runs_in_half_precision_where_it_can() -> None:
    place = Placement("cuda")
    network = place.network(nn.Conv2d(3, 4, 3))
    with place.precision():
        output = network(place.array(np.zeros((2, 3, 8, 8), np.float32)))
    assert output.dtype == (torch.bfloat16 if place.half else torch.float32)


def test_a_processor_is_asked_for_its_matrix_units(tmp_path):
    facts = tmp_path / "cpuinfo"
    assert not has_matrix_units(facts)
    facts.write_text("flags : fpu avx512f", "utf-8")
    assert not has_matrix_units(facts)
    facts.write_text("flags : fpu amx_bf16 amx_tile", "utf-8")
    assert has_matrix_units(facts)
    assert not Placement("cpu").half and Placement("cpu", half=True).half == has_matrix_units()

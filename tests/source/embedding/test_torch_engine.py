"""Eager PyTorch: a missing device is named, CUDA is used where there is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from medgraft.source.embedding.engine import EngineUnavailable
from medgraft.source.embedding.torch_engine import TorchKind


def test_a_device_that_is_not_there(job, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EngineUnavailable, match="no CUDA device"):
        TorchKind.build(replace(job, device="cuda"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_cuda_agrees_with_the_cpu(job, eager):
    pictures = np.random.default_rng(0).random((70, 3, 32, 32), dtype=np.float32)
    found = {}
    TorchKind.build(replace(job, device="cuda")).run(enumerate(pictures), found.__setitem__)
    features = np.stack([found[row] for row in range(len(pictures))])
    np.testing.assert_allclose(features, eager(pictures), atol=5e-3)  # float16 on the GPU


@pytest.mark.skipif(not torch.backends.mps.is_available(), reason="no MPS device on this machine")
def test_mps_agrees_with_the_cpu(job, eager):
    pictures = np.random.default_rng(0).random((5, 3, 32, 32), dtype=np.float32)
    found = {}
    TorchKind.build(replace(job, device="mps")).run(enumerate(pictures), found.__setitem__)
    np.testing.assert_allclose(np.stack([found[row] for row in range(5)]), eager(pictures), atol=5e-3)


@pytest.mark.parametrize("count", [1, 3, 4, 5, 8])
def test_batches_lose_no_row(job, eager, count):
    """As on a GPU, where several pictures go through at once."""
    pictures = np.random.default_rng(0).random((count, 3, 32, 32), dtype=np.float32)
    engine, found = TorchKind.build(job), {}
    engine._batch = 4
    engine.run(((10 * row, picture) for row, picture in enumerate(pictures)), found.__setitem__)
    features = np.stack([found[10 * row] for row in range(count)])
    np.testing.assert_allclose(features, eager(pictures), atol=1e-5)


def test_the_network_stays_as_it_was_built(job):
    """No gradient is kept, and batch statistics do not move."""
    engine = TorchKind.build(job)
    before = {name: value.clone() for name, value in engine._network.state_dict().items()}
    engine.run([(0, np.ones((3, 32, 32), np.float32))], lambda *_: None)
    assert not engine._network.training
    for name, value in engine._network.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_device_that_is_not_there_mps(job, monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(EngineUnavailable, match="no MPS device"):
        TorchKind.build(replace(job, device="mps"))


@pytest.mark.parametrize(("device", "served"), [("cpu", True), ("cuda", True), ("mps", True), ("tpu", False)])
def test_devices(job, device, served):
    assert TorchKind.installed()
    assert TorchKind.serves(replace(job, device=device)) == served

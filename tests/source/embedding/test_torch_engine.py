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


def test_devices():
    assert TorchKind.offered("cpu")
    assert TorchKind.offered("cuda")
    assert not TorchKind.offered("tpu")

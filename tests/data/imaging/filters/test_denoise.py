"""Noise goes, the edge stays."""

from __future__ import annotations

import numpy as np

from medgraft.data.imaging.filters.denoise import Denoise


def test_noise_goes_and_the_edge_stays() -> None:
    clean = np.where(np.arange(64) < 32, 0.2, 0.8)[None].repeat(64, 0)
    noisy = np.clip(clean + np.random.default_rng(0).normal(0, 0.05, clean.shape), 0, 1).astype(np.float32)
    found = Denoise(weight=0.1).apply(noisy[None])[0]
    assert np.abs(found - clean).mean() < 0.5 * np.abs(noisy - clean).mean()
    assert found[:, 40].mean() - found[:, 24].mean() > 0.5

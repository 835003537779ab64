"""MinEnt: the target's entropy falls while the source stays right."""

from __future__ import annotations

import pytest
import torch

from medgraft.transfer.adaptation.outlines.entropy import OutlineEntropy, OutlineEntropyConfig, mean_entropy


def test_in_units_of_the_largest():
    assert float(mean_entropy(torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2))) == pytest.approx(1)
    assert float(mean_entropy(torch.zeros(1, 2), torch.tensor([[50.0, -50.0]]))) == pytest.approx(0, abs=1e-6)


def test_entropy_falls_and_the_source_stays_right(toy):
    found = OutlineEntropy(OutlineEntropyConfig(steps=60, lr=0.003, weight=1.0)).adapt(toy.pair)
    assert found.history[-1]["pull"] < found.history[0]["pull"]
    assert found.history[-1]["source_loss"] < 0.6

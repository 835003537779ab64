"""The loop on both sides: what is minimised, that statistics stay, and that what diverges is told."""

from __future__ import annotations

import pytest
import torch

from medgraft.errors import UsageError
from medgraft.transfer.adaptation.outlines.across import AcrossCourse, outline_across


def test_the_pull_is_minimised_beside_the_sources_loss(toy):
    """A pull to call everything of the target the structure wins where it weighs much, and nothing where it is 0."""

    def everything(source, target):
        return -torch.log_softmax(target, dim=1)[:, 1].mean()

    pulled = outline_across(toy.pair, AcrossCourse(60, 4, 0.01, 10.0), everything)
    assert pulled.history[-1]["pull"] < 0.2 * pulled.history[0]["pull"] and pulled.facts["steps"] == 60
    alone, other = (
        outline_across(toy.pair, AcrossCourse(6, 4, 1e-3, 0.0), pull)
        for pull in (everything, lambda source, target: target.mean())
    )
    for name, value in alone.network.state_dict().items():
        assert torch.equal(other.network.state_dict()[name], value)
    for name, value in toy.pair.network.state_dict().items():
        if "running" in name:
            assert torch.equal(pulled.network.state_dict()[name], value)


def test_what_is_not_finite_is_told(toy):
    with pytest.raises(UsageError, match="diverged"):
        outline_across(toy.pair, AcrossCourse(3, 4, 0.01, 1.0), lambda source, target: target.sum() * torch.inf)

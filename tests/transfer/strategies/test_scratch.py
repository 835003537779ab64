"""The same network without any source task."""

from __future__ import annotations

from medgraft.transfer.strategies.scratch import Scratch


def test_it_starts_from_random_weights_and_batchnorm_moves(planned) -> None:
    _, plan, from_probe = planned(Scratch, {})
    assert planned.material.backbone == "random 5"
    assert plan.batchnorm == "train"
    assert not from_probe

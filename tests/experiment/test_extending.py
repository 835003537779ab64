"""What a user adds is used like what is built in."""

from __future__ import annotations

import pytest
from pydantic import BaseModel
from torch import nn

import medgraft
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.strategy import STRATEGIES


def test_a_backbone_of_ones_own(fitted, tmp_path):
    def small():
        return nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    medgraft.register("my-own-backbone", small, size=48, licence="mine")
    result = medgraft.fit(fitted.cohort, tmp_path / "run", backbone="my-own-backbone", home=fitted.home.path)
    assert result.forward_passes > 0
    again = medgraft.predict(tmp_path / "run", fitted.cohort, home=fitted.home.path)
    assert again["prediction"].notna().all()


class MyConfig(LinearProbeConfig):
    kind: str = "my-own-strategy"


class MyStrategy(LinearProbe):
    """A probe by another name."""

    name = "my-own-strategy"
    Config: type[BaseModel] = MyConfig


def test_a_strategy_of_ones_own(fitted, tmp_path):
    medgraft.register("my-own-strategy", MyStrategy)
    try:
        result = medgraft.fit(fitted.cohort, tmp_path / "run", strategy="my-own-strategy", home=fitted.home.path)
        assert result.metrics["test"]["auroc"] == fitted.result.metrics["test"]["auroc"]
    finally:
        STRATEGIES._members.pop("my-own-strategy")


def test_what_cannot_be_registered():
    with pytest.raises(medgraft.UsageError, match="a strategy class or a function"):
        medgraft.register("nothing", 3)
    with pytest.raises(medgraft.UsageError, match="that name is taken"):
        medgraft.register("linear-probe", MyStrategy)

"""Supervised: its member trains by its settings."""

from __future__ import annotations

from medgraft.transfer.pretraining.supervised import Supervised, SupervisedConfig


def test_it_trains_with_labels(given):
    made = Supervised(SupervisedConfig(epochs=1, batch_size=20)).train(given())
    assert [row["epoch"] for row in made.history] == [0, 1]
    assert "val_auroc" in made.facts

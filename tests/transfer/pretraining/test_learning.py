"""Source tasks through the loop: what they learn, that a broken run ends with the same bits, and that a collapse is
told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from medgraft.progress import Progress
from medgraft.transfer.pretraining.learning import COLLAPSED
from medgraft.transfer.pretraining.supervised import Supervised, SupervisedConfig
from medgraft.transfer.pretraining.vicreg import Vicreg, VicregConfig

VIEWS = VicregConfig(epochs=2, batch_size=20, projection=16)


class Broken(Progress):
    """Breaks off when the second epoch begins."""

    def track(self, items, *, total, label):
        if "epoch 2" in label:
            raise KeyboardInterrupt
        yield from items


def test_classes_are_learnt_and_the_state_is_the_bare_backbones(given, tiny):
    made = Supervised(SupervisedConfig(epochs=6, batch_size=20, lr=0.01)).train(given())
    assert made.best_epoch > 0
    assert made.facts["val_loss"] < np.log(2)
    assert set(made.state) == set(tiny.build(3).state_dict())
    assert all(np.isfinite(value).all() for value in made.state.values())
    assert not np.array_equal(made.state["body.conv1.0.weight"], tiny.build(3).state_dict()["body.conv1.0.weight"])


@pytest.mark.parametrize(
    "pretext",
    [Supervised(SupervisedConfig(epochs=2, batch_size=20, lr=0.01)), Vicreg(VIEWS)],
    ids=["supervised", "vicreg"],
)
def test_a_broken_training_goes_on_and_ends_with_the_same_bits(given, tmp_path, pretext):
    whole = pretext.train(given(checkpoints=tmp_path / "whole"))
    with pytest.raises(KeyboardInterrupt):
        pretext.train(given(checkpoints=tmp_path / "broken", progress=Broken()))
    resumed = pretext.train(given(checkpoints=tmp_path / "broken"))
    assert whole.best_epoch == resumed.best_epoch
    for name, value in whole.state.items():
        assert np.array_equal(value, resumed.state[name]), name


def test_views_keep_the_last_epoch_and_the_statistics_of_plain_pictures(given, tiny):
    asked = given()
    made = Vicreg(VIEWS).train(asked)
    assert made.best_epoch == made.epochs == 2
    assert not asked.progress.notices
    network = tiny.build(3, state=made.state)
    pictures = torch.from_numpy(asked.pixels(np.arange(40))).repeat(1, 3, 1, 1)
    stem = network.body.conv1[0](network.prepare(pictures))
    bn = network.body.conv1[1]
    torch.testing.assert_close(bn.running_mean, stem.mean(dim=(0, 2, 3)), atol=1e-4, rtol=1e-3)


def test_a_collapse_is_told(given):
    asked = given()
    config = VicregConfig(epochs=8, batch_size=20, projection=16, variance=0, covariance=100, invariance=100, lr=0.1)
    made = Vicreg(config).train(asked)
    assert made.facts["val_std"] < COLLAPSED
    assert any("collapsed" in text for text in asked.progress.notices)


def test_no_time_is_no_epoch(given):
    assert Vicreg(VicregConfig(epochs=2, batch_size=16, projection=16)).train(given(until=0.0)).epochs == 0

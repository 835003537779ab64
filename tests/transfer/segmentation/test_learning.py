"""Discs and balls are learnt; a broken training ends as an unbroken one; kept maps give the same numbers."""

from dataclasses import replace

import pytest
import torch

from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.transfer.segmentation.learning import Course, learn
from medgraft.transfer.segmentation.network import NetworkSpec, build_outliner
from medgraft.transfer.segmentation.settings import SegmentationSettings
from medgraft.transfer.segmentation.shelf import Shelf


def course(made, folder, strategy="lp-ft", deep=False, **settings):
    plan = made.deep_plan() if deep else made.flat_plan(patches=2)
    study = made.ball if deep else made.disc
    return Course(
        Shelf(study, plan, made.grey), list(range(6)), [6, 7], plan,
        SegmentationSettings(**{"epochs": 2, "epochs_frozen": 3, "views": 1, **settings}),
        strategy, folder, "this training", 0, "cpu",
    )  # fmt: skip


def test_a_network_of_volumes_learns_balls(deep_network, made, tmp_path):
    learned = learn(deep_network, course(made, tmp_path, deep=True, epochs=16, lr=5e-3), Progress())
    dice = [row["val_dice"] for row in learned.history]
    assert {row["phase"] for row in learned.history} == {"all"} and max(dice) > 0.8 > dice[0]


def test_first_the_decoder_then_everything(flat_network, made, tmp_path):
    before = {name: item.clone() for name, item in flat_network.state_dict().items()}
    learned = learn(flat_network, course(made, tmp_path, epochs=1), Progress())
    assert [(row["phase"], row["epoch"]) for row in learned.history] == [
        *(("frozen", epoch) for epoch in range(4)), ("all", 0), ("all", 1),
    ]  # fmt: skip
    assert learned.facts["phases"][0]["maps_kept"] is True
    losses = [row["val_loss"] for row in learned.history]
    assert losses[3] < losses[0]
    after = learned.network.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert not any("running" in name for name in moved if name.startswith("encoder."))


def test_a_frozen_encoder_stays(flat_network, made, tmp_path):
    before = {name: item.clone() for name, item in flat_network.encoder.state_dict().items()}
    learn(flat_network, course(made, tmp_path, "linear-probe", epochs=1, epochs_frozen=1), Progress())
    assert all(torch.equal(before[name], item) for name, item in flat_network.encoder.state_dict().items())


def test_kept_maps_give_the_numbers_of_computed_ones(made, encoder, tmp_path):
    def history(name, gigabytes):
        network = build_outliner(NetworkSpec(1, 3, "unet", 8, 0), made.flat_plan(), encoder)
        given = course(made, tmp_path / name, "linear-probe", epochs=0, epochs_frozen=3, cache_gb=gigabytes, views=2)
        learned = learn(network, given, Progress())
        return learned.facts["phases"][0]["maps_kept"], [row["val_loss"] for row in learned.history]

    (kept, one), (computed, other) = history("kept", 1.0), history("computed", 0.0)
    assert kept and not computed and one == pytest.approx(other, rel=2e-3)


class Broken(Progress):
    """Stops in the middle of an epoch."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def track(self, items, *, total, label):
        for item in items:
            self.after -= 1
            if self.after < 0:
                raise KeyboardInterrupt
            yield item


def test_a_broken_training_ends_as_an_unbroken_one(made, tmp_path):
    def fresh():
        return build_outliner(NetworkSpec(1, 2, "unet", 4, 0), made.deep_plan(), None)

    whole = learn(fresh(), course(made, tmp_path / "whole", deep=True, epochs=3), Progress())
    for after in (1, 4):
        with pytest.raises(KeyboardInterrupt):
            learn(fresh(), course(made, tmp_path / "broken", deep=True, epochs=3), Broken(after))
    again = learn(fresh(), course(made, tmp_path / "broken", deep=True, epochs=3), Progress())
    for name, item in whole.network.state_dict().items():
        assert torch.equal(item, again.network.state_dict()[name])
    strip = [[{k: v for k, v in row.items() if k != "seconds"} for row in one.history] for one in (whole, again)]
    assert strip[0] == strip[1]


def test_another_strategy_is_told(flat_network, made, tmp_path):
    with pytest.raises(UsageError, match="lp-ft"):
        learn(flat_network, replace(course(made, tmp_path), strategy="knn"), Progress())


def test_an_inflated_encoder_learns_frozen_with_kept_maps_and_then_wholly(made, encoder, tmp_path):
    plan = made.deep_plan(patch=(16, 32, 32))
    network = build_outliner(NetworkSpec(1, 2, "unet", 4, 0), plan, encoder)
    given = replace(course(made, tmp_path, deep=True, epochs=1, epochs_frozen=2, views=1), plan=plan)
    given = replace(given, shelf=Shelf(made.ball, plan, made.grey))
    before = {name: item.clone() for name, item in network.state_dict().items()}
    learned = learn(network, given, Progress())
    assert [row["phase"] for row in learned.history] == ["frozen"] * 3 + ["all"] * 2
    assert learned.facts["phases"][0]["maps_kept"] is True
    moved = {name for name, item in learned.network.state_dict().items() if not torch.equal(item, before[name])}
    assert any(name.startswith("encoder.") and name.endswith(".along") for name in moved)

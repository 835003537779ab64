"""Fine-tuning puts the parts together: what learns, how fast, and what stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medgraft.progress import Progress
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.transfer.models.adapter_plan import LowRankPlan, ScaleShiftPlan
from medgraft.transfer.models.classifier import Classifier
from medgraft.transfer.models.freezing import PartlyFrozen
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.training import finetuning
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.finetuning import FineTuned, Start, default_stage, fine_tune
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.plan import Plan, PrefixPlan, Rates
from medgraft.transfer.training.recipe import Cases, Recipe

IMAGES = np.random.default_rng(0).random((24, 3, 8, 8), dtype=np.float32)


class OneBlock:
    """A backbone of one convolution with BatchNorm; built without gradients, as a careful family may."""

    facts = BackboneFacts(
        "one", "random", "random:0", 4, 0, 8, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "bilinear", "none", "-", "-"
    )

    def build(self, channels: int, state: Mapping[str, Any] | None = None) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(1)
            block = [nn.Conv2d(channels, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        return nn.Sequential(*block).eval().requires_grad_(False)

    def stages(self, network: nn.Module) -> list[tuple[str, list[str]]]:
        return [("block", [name for name, _ in network.named_parameters()])]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only lose time on more threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def tuned(folder: Path, *, freeze_batchnorm: bool) -> tuple[FineTuned, dict[str, Tensor]]:
    """The result, and the network after its only epoch (which need not be the best one)."""

    def part(rows: np.ndarray[Any, np.dtype[np.int64]]) -> Examples:
        return Examples(rows, rows % 2, np.ones(len(rows)), rows, PixelFeed(lambda chosen: IMAGES[chosen]))

    checkpoints = Checkpoints(folder, "f")
    result = fine_tune(
        Start(OneBlock(), 3, LinearHead(np.eye(2, 4, dtype=np.float32), np.zeros(2, np.float32))),
        Plan(Rates(lr=0.01, decay=0.5, weight_decay=0.0), batchnorm="frozen" if freeze_batchnorm else "train"),
        Cases(part(np.arange(16)), part(np.arange(16, 24))),
        Recipe(1, 4, 0.0, 3, 1.0, 0, "cpu"),
        checkpoints,
        Progress(),
    )
    newest = checkpoints.newest(lambda _: None)
    assert newest is not None
    return result, newest.tensors


@pytest.mark.parametrize("freeze_batchnorm", [True, False])
def test_everything_learns_but_frozen_batchnorms(tmp_path: Path, freeze_batchnorm: bool) -> None:
    _, after = tuned(tmp_path, freeze_batchnorm=freeze_batchnorm)
    for name, before in OneBlock().build(3).state_dict().items():
        moved = not torch.equal(after[f"network/trunk.network.{name}"], before)
        assert moved == (name.startswith("0.") or not freeze_batchnorm), name


def test_facts_count_the_parameters_and_tell_the_rates(tmp_path: Path) -> None:
    result, _ = tuned(tmp_path, freeze_batchnorm=True)
    assert result.facts == {
        "parameters_trained": 4 * 27 + 4 + 2 * 4 + 2,
        "parameters_frozen": 8,
        "from_stage": None,
        "learning_rates": {"block": 0.005, "head": 0.01},
    }
    assert set(result.backbone_state) == set(OneBlock().build(3).state_dict())


STRIPED = IMAGES.copy()
STRIPED[1::2, :, ::2] *= 0.2
"""Class 1 is striped and darker, so that there is something to learn."""


class ThreeStages(OneBlock):
    """Three stages with BatchNorm and a linear end, so that there is something to cut, to thaw and to adapt."""

    facts = BackboneFacts(
        "three", "random", "random:0", 6, 0, 8, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "bilinear", "none", "-", "-"
    )

    def build(self, channels: int, state: Mapping[str, Any] | None = None) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(2)
            stages = [
                nn.Sequential(nn.Conv2d(channels, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()),
                nn.Sequential(nn.Conv2d(8, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.Dropout(0.2)),
                nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 6)),
            ]
            network = nn.Sequential(*stages)
        if state is not None:
            network.load_state_dict({name: torch.from_numpy(np.array(item)) for name, item in state.items()})
        return network.eval().requires_grad_(False)

    def stages(self, network: nn.Module) -> list[tuple[str, list[str]]]:
        names = [name for name, _ in network.named_parameters()]
        return [(stage, [name for name in names if name.startswith(f"{stage}.")]) for stage in "012"]


def fit(
    folder: Path, plan: Plan, *, epochs: int = 2, augment: Any = None, progress: Progress | None = None
) -> FineTuned:
    def part(rows: np.ndarray[Any, np.dtype[np.int64]], augment: Any = None) -> Examples:
        feed = PixelFeed(lambda chosen: STRIPED[chosen], augment)
        return Examples(rows, rows % 2, np.ones(len(rows)), rows, feed)

    return fine_tune(
        Start(ThreeStages(), 3, LinearHead(np.eye(2, 6, dtype=np.float32), np.zeros(2, np.float32))),
        plan,
        Cases(part(np.arange(16), augment), part(np.arange(16, 24))),
        Recipe(epochs, 4, 0.0, 9, 1.0, 0, "cpu"),
        Checkpoints(folder, "f"),
        progress or Progress(),
    )


RATES = Rates(lr=0.02, decay=0.5, weight_decay=0.0)
BEFORE = ThreeStages().build(3).state_dict()


def moved(result: FineTuned) -> set[str]:
    return {name for name, item in result.backbone_state.items() if not np.array_equal(item, BEFORE[name].numpy())}


def train_losses(result: FineTuned) -> list[float]:
    return [row["train_loss"] for row in result.trained.history[1:]]


def prefix(folder: Path, precision: Any = "float32", limit: int = 10**9, views: int = 2) -> PrefixPlan:
    return PrefixPlan(folder, 24, views, precision, limit)


def kept_epoch(result: FineTuned) -> None:
    """These tests look at what was trained; so an epoch must be what is given back."""
    assert result.trained.best_epoch > 0


@pytest.mark.parametrize("stage", ["1", "2"])
def test_before_the_cut_nothing_moves_and_after_it_everything_does(tmp_path: Path, stage: str) -> None:
    result = fit(tmp_path, Plan(RATES, stage=stage, batchnorm="train"))
    kept_epoch(result)
    after = {name for name in BEFORE if name[0] >= stage}
    assert moved(result) == after


@pytest.mark.parametrize("augmented", [False, True])
def test_kept_activations_change_no_bit(tmp_path: Path, augmented: bool) -> None:
    def augment(pixels: Any, epoch: int, index: int) -> Any:
        noise = np.random.default_rng((epoch, index)).normal(0, 0.05, pixels.shape)
        return np.clip(pixels + noise, 0, 1).astype(np.float32)

    given = augment if augmented else None
    plain = fit(tmp_path / "a", Plan(RATES, stage="1"), augment=given)
    kept = fit(tmp_path / "b", Plan(RATES, stage="1", prefix=prefix(tmp_path / "p")), augment=given)
    assert train_losses(kept) == train_losses(plain)
    for name, item in plain.backbone_state.items():
        np.testing.assert_array_equal(kept.backbone_state[name], item)
    assert kept.facts["prefix_cache"]["kept"]


def test_half_precision_is_near(tmp_path: Path) -> None:
    plain = fit(tmp_path / "a", Plan(RATES, stage="1"), epochs=5)
    half = fit(tmp_path / "b", Plan(RATES, stage="1", prefix=prefix(tmp_path / "p", "float16")), epochs=5)
    np.testing.assert_allclose(train_losses(half), train_losses(plain), rtol=1e-3)
    assert train_losses(half) != train_losses(plain)


def test_biases_and_norms_alone(tmp_path: Path) -> None:
    result = fit(tmp_path, Plan(RATES, learns="bias-and-norm"))
    kept_epoch(result)
    assert moved(result) == {
        *("0.0.bias", "0.1.weight", "0.1.bias", "1.0.bias", "1.1.weight", "1.1.bias", "2.2.bias"),
    }


@pytest.mark.parametrize("adapter", [LowRankPlan(2, 4.0, 0), ScaleShiftPlan()], ids=["lora", "ssf"])
def test_adapters_are_merged_into_a_plain_state(tmp_path: Path, adapter: Any) -> None:
    result = fit(tmp_path, Plan(RATES, learns=adapter))
    kept_epoch(result)
    assert {name: item.shape for name, item in result.backbone_state.items()} == {
        name: tuple(item.shape) for name, item in BEFORE.items()
    }
    assert not {name for name in moved(result) if "running" in name or "num_batches" in name}
    change = result.backbone_state["1.0.weight"] - BEFORE["1.0.weight"].numpy()
    assert np.abs(change).max() > 0
    if isinstance(adapter, LowRankPlan):
        assert np.linalg.matrix_rank(change.reshape(12, -1), tol=1e-5) <= 2
        np.testing.assert_array_equal(result.backbone_state["2.2.bias"], BEFORE["2.2.bias"].numpy())


@pytest.mark.parametrize("anchor", [0.0, 3.0])
def test_what_is_pulled_to_its_start_is_not_pulled_to_zero_besides(anchor: float) -> None:
    bare = ThreeStages().build(3).requires_grad_(True)
    network = Classifier(PartlyFrozen(bare), LinearHead(np.eye(2, 6, dtype=np.float32), np.zeros(2, np.float32)))
    plan = Plan(Rates(0.02, 0.5, weight_decay=0.1), anchor=anchor)
    groups = finetuning._groups(bare, ThreeStages().stages(bare), network, plan)
    decays = {group["stage"]: group["weight_decay"] for group in groups if group["params"][0].ndim > 1}
    assert decays.pop("head") == 0.1
    assert set(decays.values()) == {0.0 if anchor else 0.1}


def test_stages_join_in_one_after_the_other(tmp_path: Path) -> None:
    one = fit(tmp_path / "1", Plan(RATES, batchnorm="train", thaw_every=1), epochs=1)
    two = fit(tmp_path / "2", Plan(RATES, batchnorm="train", thaw_every=1), epochs=2)
    if one.trained.best_epoch == 1:
        assert {name[0] for name in moved(one)} == {"2"}
    if two.trained.best_epoch == 2:
        assert {name[0] for name in moved(two)} == {"1", "2"}
    assert one.trained.best_epoch or two.trained.best_epoch


def test_wise_ft_gives_the_best_place_from_start_to_end(tmp_path: Path) -> None:
    plain = fit(tmp_path / "a", Plan(RATES), epochs=3)
    wise = fit(tmp_path / "b", Plan(RATES, wise=True), epochs=3)
    share = wise.facts["wise_share"]
    assert share in (0.25, 0.5, 0.75, 1.0)
    assert wise.trained.best_loss <= plain.trained.best_loss + 1e-6
    for name in ("0.0.weight", "2.2.weight"):
        start = BEFORE[name].numpy()
        expected = start + share * (plain.backbone_state[name] - start)
        np.testing.assert_allclose(wise.backbone_state[name], expected, atol=1e-6)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(RATES, learns=LowRankPlan(2, 4.0, 0)),
        Plan(RATES, thaw_every=1),
        Plan(RATES, stage="2"),
        Plan(RATES, batchnorm="train", wise=True),
    ],
    ids=["lora", "gradual", "partial", "wise"],
)
def test_a_broken_run_equals_an_unbroken_one(tmp_path: Path, plan: Plan) -> None:
    unbroken = fit(tmp_path / "whole", plan, epochs=3)

    class Stops(Progress):
        def track(self, items: Any, *, total: int, label: str) -> Any:
            if "epoch 3" in label:
                raise KeyboardInterrupt
            yield from items

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "broken", plan, epochs=3, progress=Stops())
    again = fit(tmp_path / "broken", plan, epochs=3)
    assert again.trained.best_epoch == unbroken.trained.best_epoch
    for name, item in unbroken.backbone_state.items():
        np.testing.assert_array_equal(again.backbone_state[name], item)
    np.testing.assert_array_equal(again.head.weight, unbroken.head.weight)


def test_the_default_stage_holds_half_of_the_parameters() -> None:
    backbone = ThreeStages()
    network = backbone.build(3)
    sizes = {stage: sum(network.get_parameter(n).numel() for n in names) for stage, names in backbone.stages(network)}
    assert sizes == {"0": 240, "1": 900, "2": 78}
    assert default_stage(network, backbone.stages(network)) == "1"
    assert default_stage(network, backbone.stages(network)[:1]) is None

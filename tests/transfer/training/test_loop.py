"""The loop: what it starts from, when it stops, what it keeps, and that a broken run equals an unbroken one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.loop import Trained, train
from medgraft.transfer.training.objective import CrossEntropy
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.recipe import Cases, Recipe
from medgraft.transfer.training.schedule import warmup_cosine

T = TypeVar("T")
RECIPE = Recipe(
    epochs=4,
    batch_size=5,
    warmup=0.25,
    patience=9,
    clip_norm=1.0,
    seed=3,
    device="cpu",
    objective=CrossEntropy(0.1),
)
LABELS = np.arange(32) % 2
IMAGES = np.random.default_rng(0).random((32, 1, 8, 8), dtype=np.float32)
IMAGES[LABELS == 1, :, ::2] *= 0.3  # class 1 is striped
Pixels = Callable[[NDArray[np.int64]], NDArray[np.float32]]


def network() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(5)
        return nn.Sequential(
            nn.Conv2d(1, 6, 3),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(24, 2),
        )


def jitter(pixels: NDArray[np.float32], epoch: int, index: int) -> NDArray[np.float32]:
    noise = np.random.default_rng((epoch, index)).normal(0, 0.02, pixels.shape)
    return np.clip(pixels + noise, 0, 1).astype(np.float32)


def cases(pixels: Pixels = lambda rows: IMAGES[rows], labels: NDArray[np.int64] = LABELS) -> Cases:
    def part(rows: NDArray[np.int64]) -> Examples:
        weights = np.where(labels[rows] == 1, 1.5, 0.75)
        return Examples(rows, labels[rows], weights, rows + 1000, PixelFeed(pixels))

    train = part(np.arange(22))
    return Cases(replace(train, feed=PixelFeed(pixels, jitter)), part(np.arange(22, 32)))


def run(
    folder: Path,
    *,
    given: Cases | None = None,
    recipe: Recipe = RECIPE,
    progress: Progress | None = None,
    lr: float = 0.02,
) -> tuple[nn.Module, Trained]:
    net = network()
    groups: list[dict[str, Any]] = [{"params": list(net.parameters()), "lr": lr, "peak_lr": lr}]
    trained = train(net, groups, given or cases(), recipe, Checkpoints(folder, "f"), progress or Progress())
    return net, trained


def without_seconds(trained: Trained) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in trained.history]


def assert_equal_to_the_bit(left: tuple[nn.Module, Trained], right: tuple[nn.Module, Trained]) -> None:
    assert without_seconds(left[1]) == without_seconds(right[1])
    assert left[1].best_epoch == right[1].best_epoch
    state = right[0].state_dict()
    for name, item in left[0].state_dict().items():
        assert torch.equal(item, state[name]), name


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only lose time on more threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def unbroken(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Trained]:
    return run(tmp_path_factory.mktemp("unbroken"))


def test_epoch_0_is_the_network_as_given(unbroken: tuple[nn.Module, Trained]) -> None:
    net, val = network().eval(), np.arange(22, 32)
    with torch.inference_mode():
        log_p = torch.log_softmax(net(torch.from_numpy(IMAGES[val])).double(), dim=1).numpy()
    loss = np.mean(-log_p[np.arange(10), LABELS[val]] * np.where(LABELS[val] == 1, 1.5, 0.75))
    first = unbroken[1].history[0]
    assert first["epoch"] == 0
    assert first["train_loss"] is None
    assert first["val_loss"] == pytest.approx(loss, abs=1e-6)


def test_it_learns_and_ends_with_the_best_epoch_in_eval(unbroken: tuple[nn.Module, Trained]) -> None:
    net, trained = unbroken
    losses = [row["val_loss"] for row in trained.history]
    assert len(losses) == 5
    assert trained.best_loss == min(losses) < losses[0]
    assert losses.index(min(losses)) == trained.best_epoch
    assert not net.training
    again = cases().val
    with torch.inference_mode():
        logits = net(torch.from_numpy(IMAGES[again.rows])).double()
    each = nn.functional.cross_entropy(logits, torch.from_numpy(again.labels), reduction="none").numpy()
    assert np.mean(each * again.weights) == pytest.approx(trained.best_loss, abs=1e-6)


def test_the_learning_rate_follows_the_schedule(unbroken: tuple[nn.Module, Trained]) -> None:
    lrs = [row["lr"] for row in unbroken[1].history]
    assert lrs == [0.0] + [0.02 * warmup_cosine(5 * e - 1, steps=20, warmup=5) for e in (1, 2, 3, 4)]


class PlantedError(Exception):
    pass


class StopsAfter(Progress):
    """Raises once ``epochs`` epochs were drawn to the end."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.left = epochs

    def track(self, items: Iterable[T], *, total: int, label: str) -> Iterator[T]:
        if self.left == 0:
            raise PlantedError
        self.left -= 1
        yield from items


def test_interrupted_after_each_epoch_equals_unbroken(tmp_path: Path, unbroken: tuple[nn.Module, Trained]) -> None:
    for _ in range(RECIPE.epochs - 1):
        with pytest.raises(PlantedError):
            run(tmp_path, progress=StopsAfter(1))
    assert_equal_to_the_bit(run(tmp_path), unbroken)


@pytest.mark.parametrize("fetches", [1, 4, 9, 17])
def test_interrupted_within_an_epoch_equals_unbroken(
    tmp_path: Path, fetches: int, unbroken: tuple[nn.Module, Trained]
) -> None:
    left = [fetches]

    def failing(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        left[0] -= 1
        if left[0] < 0:
            raise PlantedError
        return IMAGES[rows]

    with pytest.raises(PlantedError):
        run(tmp_path, given=cases(failing))
    assert_equal_to_the_bit(run(tmp_path), unbroken)


def test_a_finished_run_is_not_trained_again(tmp_path: Path, unbroken: tuple[nn.Module, Trained]) -> None:
    run(tmp_path)

    def never(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        raise PlantedError

    assert_equal_to_the_bit(run(tmp_path, given=cases(never)), unbroken)


def test_a_damaged_newest_checkpoint_costs_an_epoch_and_nothing_else(
    tmp_path: Path, unbroken: tuple[nn.Module, Trained]
) -> None:
    with pytest.raises(PlantedError):
        run(tmp_path, progress=StopsAfter(3))
    newest = tmp_path / "epoch-0003.safetensors"
    data = bytearray(newest.read_bytes())
    data[-5] ^= 1
    newest.write_bytes(data)
    progress = Progress()
    assert_equal_to_the_bit(run(tmp_path, progress=progress), unbroken)
    assert "epoch 3 was left aside" in progress.notices[0]


def test_the_seed_matters(tmp_path: Path, unbroken: tuple[nn.Module, Trained]) -> None:
    _, other = run(tmp_path, recipe=replace(RECIPE, seed=4))
    assert without_seconds(other) != without_seconds(unbroken[1])


def assert_as_given(net: nn.Module) -> None:
    state = net.state_dict()
    for name, item in network().state_dict().items():
        assert torch.equal(state[name], item), name


@pytest.fixture
def misleading() -> Cases:
    """The training labels are the wrong way round, so that every epoch is worse than the start."""
    wrong = LABELS.copy()
    wrong[:22] = 1 - wrong[:22]
    return cases(labels=wrong)


def test_it_stops_when_the_validation_loss_no_longer_falls(tmp_path: Path, misleading: Cases) -> None:
    _, trained = run(tmp_path, given=misleading, recipe=replace(RECIPE, epochs=30, patience=2), lr=0.1)
    assert trained.stopped_early
    assert len(trained.history) == trained.best_epoch + 3 < 31


def test_the_start_is_given_back_also_after_a_resume(tmp_path: Path, misleading: Cases) -> None:
    recipe = replace(RECIPE, epochs=2)
    with pytest.raises(PlantedError):
        run(tmp_path, given=misleading, recipe=recipe, progress=StopsAfter(1), lr=0.1)
    net, trained = run(tmp_path, given=misleading, recipe=recipe, lr=0.1)
    assert (trained.best_epoch, trained.stopped_early) == (0, False)
    assert_as_given(net)


def test_a_loss_that_is_not_finite_stops_it_with_step_and_cases(tmp_path: Path) -> None:
    huge = IMAGES.copy()
    huge[7] = 3e38
    given = cases(lambda rows: huge[rows])
    given = replace(given, train=replace(given.train, feed=PixelFeed(lambda rows: huge[rows])))
    with pytest.raises(UsageError, match=r"step \d+ \(epoch 1\).*1007.*lower the learning rate"):
        run(tmp_path, given=given)
    assert list(tmp_path.glob("*.json")) == []


def test_groups_must_hold_exactly_the_trainable_parameters(tmp_path: Path) -> None:
    net = network()
    short = [{"params": list(net.parameters())[1:], "lr": 0.1, "peak_lr": 0.1}]
    with pytest.raises(UsageError, match="held once"):
        train(net, short, cases(), RECIPE, Checkpoints(tmp_path, "f"), Progress())


def test_scores_go_to_the_history(tmp_path: Path) -> None:
    def score(probability: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float | None]:
        np.testing.assert_allclose(probability.sum(axis=1), 1)
        return {"val_accuracy": float((probability.argmax(axis=1) == labels).mean())}

    _, trained = run(tmp_path, given=replace(cases(), score=score), recipe=replace(RECIPE, epochs=1))
    assert all(0 <= row["val_accuracy"] <= 1 for row in trained.history)


def test_global_generators_are_untouched(tmp_path: Path) -> None:
    before = torch.get_rng_state()
    run(tmp_path, recipe=replace(RECIPE, epochs=1))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    "changed",
    [{"ema": 0.9}, {"sampling": "balanced"}, {"anchor": 5.0}, {"ema": 0.9, "sampling": "balanced"}],
    ids=str,
)
def test_every_way_to_train_goes_on_bit_for_bit(tmp_path: Path, changed: dict[str, Any]) -> None:
    recipe = replace(RECIPE, **changed)
    unbroken = run(tmp_path / "whole", recipe=recipe)
    for _ in range(2):
        with pytest.raises(PlantedError):
            run(tmp_path / "broken", recipe=recipe, progress=StopsAfter(1))
    assert_equal_to_the_bit(run(tmp_path / "broken", recipe=recipe), unbroken)


def test_the_average_is_what_is_judged_and_kept(tmp_path: Path) -> None:
    """By a decay of nearly nothing the average is the last step; by a large one it is not."""
    last, _ = run(tmp_path / "a", recipe=replace(RECIPE, epochs=1))
    near, _ = run(tmp_path / "b", recipe=replace(RECIPE, epochs=1, ema=1e-9))
    far, _ = run(tmp_path / "c", recipe=replace(RECIPE, epochs=1, ema=0.99))
    weights = [net.state_dict()["0.weight"] for net in (last, near, far)]
    torch.testing.assert_close(weights[0], weights[1])
    assert not torch.allclose(weights[0], weights[2])


def test_a_strong_anchor_leaves_the_weights_where_they_were(tmp_path: Path) -> None:
    def moved(anchor: float, anchored: bool) -> float:
        net = network()
        before = [item.detach().clone() for item in net.parameters()]
        group = {"params": list(net.parameters()), "lr": 0.02, "peak_lr": 0.02, "anchored": anchored}
        recipe = replace(RECIPE, epochs=1, anchor=anchor)
        folder = tmp_path / f"{anchor}{anchored}"
        train(net, [group], cases(), recipe, Checkpoints(folder, "f"), Progress())
        return sum(float((a.detach() - b).abs().sum()) for a, b in zip(net.parameters(), before, strict=True))

    assert moved(1e9, anchored=True) == 0
    assert moved(1e9, anchored=False) > 0
    assert 0 < moved(20.0, anchored=True) < moved(0.0, anchored=True)


def test_it_stops_by_its_hour_with_what_it_has(tmp_path: Path) -> None:
    net, trained = run(tmp_path / "none", recipe=replace(RECIPE, until=time.monotonic() - 1.0))
    assert len(trained.history) == 1
    assert_as_given(net)
    _, trained = run(tmp_path / "all", recipe=replace(RECIPE, until=time.monotonic() + 1e6))
    assert len(trained.history) == RECIPE.epochs + 1


def test_thawing_is_asked_before_every_epoch(tmp_path: Path) -> None:
    asked: list[int] = []
    run(tmp_path, recipe=replace(RECIPE, thaw=asked.append))
    assert asked == [1, 2, 3, 4]


def test_the_epoch_of_the_highest_auroc_is_kept_and_nothing_stops_early(tmp_path: Path) -> None:
    """Scores as planted: the second epoch is the first of the best; patience is shorter than what follows."""
    planted = iter([0.5, 0.7, 0.9, 0.9, None, 0.8])

    def score(probability: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float | None]:
        return {"val_auroc": next(planted)}

    def trained(epochs: int, keep: str, told: Cases, name: str) -> tuple[nn.Module, Trained]:
        net = network()
        groups = [{"params": list(net.parameters()), "lr": 0.01, "peak_lr": 0.01}]
        recipe = replace(RECIPE, epochs=epochs, keep=keep, patience=1, schedule="steps", warmup=0.0)
        return net, train(net, groups, told, recipe, Checkpoints(tmp_path / name, "f"), Progress())

    net, found = trained(5, "best-auroc", replace(cases(), score=score), "a")
    assert (found.best_epoch, len(found.history), found.stopped_early) == (2, 6, False)
    planted = iter([0.5, 0.7, 0.9])
    again, _ = trained(5, "best-auroc", replace(cases(), score=score), "a")  # resumed: nothing is left to do
    for name, item in net.state_dict().items():
        assert torch.equal(item, again.state_dict()[name])

"""LP-FT: starts as the probe, beats it where the features cannot, keeps it where training harms, survives kills."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from torch import nn

from medgraft.errors import UsageError
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.lp_ft import LpFt, LpFtConfig
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, Transferred

QUICK = LpFtConfig(epochs=3, batch_size=8, lr=0.01, layer_decay=0.5)


class TinyNet(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(channels, 6, 3, stride=2, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.body = nn.Sequential(nn.Conv2d(6, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.1))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.body(self.stem(pixels - 0.5)).mean(dim=(2, 3))


class TinyBackbone:
    """A backbone of two stages with seeded weights, for 16 × 16 pixels."""

    facts = BackboneFacts(
        "tiny", "random", "random:7", 8, 0, 16, (0.5, 0.5, 0.5), (1.0, 1.0, 1.0), "bilinear", "none", "-", "-"
    )

    def build(self, channels: int, state: Mapping[str, Any] | None = None) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(7)
            network = TinyNet(channels)
        if state is not None:
            network.load_state_dict({name: torch.from_numpy(np.array(item)) for name, item in state.items()})
        return network.eval()

    def stages(self, network: nn.Module) -> list[tuple[str, list[str]]]:
        names = [name for name, _ in network.named_parameters()]
        return [(stage, [n for n in names if n.startswith(stage)]) for stage in ("stem", "body")]


def features_of(network: nn.Module, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(pixels)).numpy())


def material(folder: Path, *, seed: int = 0, n: int = 40, **changes: Any) -> Material:
    """Class 1 has a fine chequered pattern of low contrast within noise."""
    draws = np.random.default_rng(seed)
    labels = (np.arange(n) % 2).astype(np.int64)
    images = draws.normal(0.5, 0.12, (n, 1, 16, 16))
    images += 0.08 * labels[:, None, None, None] * (np.indices((16, 16)).sum(axis=0) % 2 - 0.5)
    pixels = np.clip(images, 0, 1).astype(np.float32)
    made = Material(
        features=features_of(TinyBackbone().build(1), pixels),
        labels=labels,
        groups=np.arange(n, dtype=np.int64),
        is_val=np.arange(n) >= int(0.7 * n),
        index=np.arange(n, dtype=np.int64) * 3,
        n_classes=2,
        pixels=lambda rows: pixels[rows],
        backbone=TinyBackbone(),
        modality="ultrasound",
        checkpoints=folder,
        seed=seed,
    )
    return replace(made, **changes)


def digest(result: Transferred) -> str:
    """Of everything that must be equal between two runs."""
    history = [{k: v for k, v in row.items() if k != "seconds"} for row in result.history]
    facts = {k: v for k, v in result.facts.items() if k != "minutes"}
    whole = hashlib.sha256(json.dumps([history, facts], sort_keys=True).encode())
    arrays = {"weight": result.head.weight, "bias": result.head.bias, **(result.backbone_state or {})}
    for name in sorted(arrays):
        whole.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return whole.hexdigest()


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only lose time on more threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def fitted(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> Transferred:
    return LpFt(QUICK).fit(material(tmp_path_factory.mktemp("fitted")))


def log_loss(probability: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    return float(-np.log(probability[np.arange(len(labels)), labels]).mean())


@pytest.mark.parametrize("root", [True, False])
def test_epoch_0_is_the_plain_probe_and_the_usual_one_is_to_be_beaten(
    tmp_path: Path, fitted: Transferred, root: bool
) -> None:
    given = material(tmp_path)
    probe = LinearProbe(LinearProbeConfig(repeats=0, root=root)).fit(given)
    val = given.is_val
    wanted = log_loss(probe.head.probabilities(given.features[val]), given.labels[val])
    told = fitted.facts["probe_val_loss"] if root else fitted.history[0]["val_loss"]
    assert told == pytest.approx(wanted, abs=1e-5)
    assert fitted.facts["probe"] == probe.facts


def test_what_is_given_back_predicts_as_it_was_evaluated(tmp_path: Path, fitted: Transferred) -> None:
    assert fitted.backbone_state is not None
    given = material(tmp_path)
    rows = np.flatnonzero(given.is_val)
    network = given.backbone.build(1, fitted.backbone_state)
    got = fitted.head.probabilities(features_of(network, given.pixels(rows)))
    assert log_loss(got, given.labels[rows]) == pytest.approx(fitted.facts["best_val_loss"], abs=1e-5)


def test_it_beats_a_probe_whose_features_cannot_see_the_pattern(fitted: Transferred) -> None:
    assert fitted.facts["helped"]
    assert fitted.facts["best_val_loss"] < fitted.facts["probe_val_loss"]
    assert fitted.facts["text"].startswith("Fine-tuning lowered the validation loss")
    assert all(set(row) >= {"epoch", "lr", "train_loss", "val_loss", "val_auroc"} for row in fitted.history)


def test_layer_wise_rates_and_counts_are_told(fitted: Transferred) -> None:
    assert fitted.facts["learning_rates"] == {"stem": 0.0025, "body": 0.005, "head": 0.01}
    total = sum(item.numel() for item in TinyBackbone().build(1).parameters()) + 2 * 8 + 2
    assert fitted.facts["parameters_frozen"] == 2 * (6 + 8)
    assert fitted.facts["parameters_trained"] == total - 28


def test_batchnorms_stay_as_the_source_task_left_them(fitted: Transferred) -> None:
    assert fitted.backbone_state is not None
    source = TinyBackbone().build(1).state_dict()
    for name, value in fitted.backbone_state.items():
        assert np.array_equal(value, source[name].numpy()) == (name.split(".")[1] == "1"), name


def test_the_probe_is_kept_where_fine_tuning_does_not_help(tmp_path: Path) -> None:
    given = material(tmp_path)
    wild = LpFtConfig(epochs=2, batch_size=8, lr=1.0, layer_decay=1.0, warmup=0.0, augment=False)
    result = LpFt(wild).fit(given)
    probe = LinearProbe(LinearProbeConfig(repeats=0)).fit(given)
    assert result.facts["best_epoch"] == 0
    assert not result.facts["helped"]
    assert "did not help" in result.facts["text"]
    assert result.backbone_state is None
    np.testing.assert_array_equal(result.head.weight, probe.head.weight)
    np.testing.assert_array_equal(result.head.bias, probe.head.bias)


class PlantedError(Exception):
    pass


def failing_after(calls: int, pixels: Callable[[Any], NDArray[np.float32]]) -> Callable[[Any], Any]:
    left = [calls]

    def fetch(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        left[0] -= 1
        if left[0] < 0:
            raise PlantedError
        return pixels(rows)

    return fetch


def test_an_interrupted_run_equals_an_unbroken_one(tmp_path: Path, fitted: Transferred) -> None:
    broken = 0
    for calls in (2, 8, 9, 11):  # within epoch 1, within epoch 2 …
        given = material(tmp_path)
        try:
            result = LpFt(QUICK).fit(replace(given, pixels=failing_after(calls, given.pixels)))
        except PlantedError:
            broken += 1
    result = LpFt(QUICK).fit(material(tmp_path))
    assert broken >= 3
    assert digest(result) == digest(fitted)


def test_checkpoints_of_other_options_or_data_are_not_carried_over(tmp_path: Path) -> None:
    one = QUICK.model_copy(update={"epochs": 1})
    LpFt(one).fit(material(tmp_path))
    other, again = material(tmp_path, seed=1), material(tmp_path / "fresh", seed=1)
    assert digest(LpFt(one).fit(other)) == digest(LpFt(one).fit(again))
    assert any("of other data" in text for text in other.progress.notices)
    assert again.progress.notices == []


@pytest.mark.parametrize("is_val", [np.zeros(40, bool), np.ones(40, bool)])
def test_without_validation_or_training_cases_it_is_a_usage_error(tmp_path: Path, is_val: Any) -> None:
    with pytest.raises(UsageError, match="needs training cases, and validation cases"):
        LpFt(QUICK).fit(material(tmp_path, is_val=is_val))


def test_several_classes_and_balanced_weights(tmp_path: Path) -> None:
    labels = np.minimum(np.arange(40) % 5, 2).astype(np.int64)
    config = LpFtConfig(epochs=1, batch_size=16, class_weights="balanced", label_smoothing=0.1)
    result = LpFt(config).fit(material(tmp_path, labels=labels, n_classes=3))
    assert result.head.weight.shape == (3, 8)
    assert np.isfinite(result.history[-1]["val_auroc"])


def test_a_validation_part_of_one_class_has_no_auroc(tmp_path: Path) -> None:
    given = material(tmp_path)
    result = LpFt(QUICK.model_copy(update={"epochs": 1})).fit(replace(given, is_val=given.is_val & (given.labels == 1)))
    assert result.history[0]["val_auroc"] is None


def test_it_is_registered_with_a_closed_config() -> None:
    assert STRATEGIES.get("lp-ft") is LpFt
    assert LpFt.needs_validation
    for wrong in ({"rate": 1}, {"kind": "linear-probe"}, {"epochs": 0}, {"layer_decay": 1.5}, {"batchnorm": "x"}):
        with pytest.raises(ValidationError):
            LpFtConfig.model_validate(wrong)
    assert all(field.description for name, field in LpFtConfig.model_fields.items() if name != "kind")


def test_importing_it_does_not_import_torch() -> None:
    code = "import sys, medgraft.transfer.strategies.lp_ft; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Killed processes. One process imports torch and forks the runs, so that a kill costs no import.


def serve_killed_runs(folder: str, kills: int) -> None:
    """Fit in a forked process that is killed at random moments ``kills`` times and then left to end."""
    torch.set_num_threads(1)
    torch.optim.AdamW([nn.Parameter(torch.zeros(1))])  # imports much more of torch at its first use
    root, draws = Path(folder), random.Random(11)

    def fork(name: str) -> int:
        child = os.fork()
        if child == 0:
            try:
                (root / f"{name}.txt").write_text(digest(LpFt(QUICK).fit(material(root / name))))
            finally:
                os._exit(0)
        return child

    began = time.monotonic()
    os.waitpid(fork("unbroken"), 0)
    whole = time.monotonic() - began
    for _ in range(kills):
        child = fork("killed")
        time.sleep(draws.uniform(0.1, 0.9) * whole)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    (root / "killed.txt").unlink(missing_ok=True)
    os.waitpid(fork("killed"), 0)


def kill_and_compare(folder: Path, kills: int) -> None:
    code = f"import test_lp_ft; test_lp_ft.serve_killed_runs({str(folder)!r}, {kills})"
    paths = [str(Path(__file__).parent), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=600)
    assert (folder / "killed.txt").read_text() == (folder / "unbroken.txt").read_text()


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


@needs_fork
def test_killed_at_random_moments_it_ends_the_same(tmp_path: Path) -> None:
    kill_and_compare(tmp_path, kills=2)


@needs_fork
@pytest.mark.slow
def test_killed_twenty_times_it_ends_the_same(tmp_path: Path) -> None:
    kill_and_compare(tmp_path, kills=20)

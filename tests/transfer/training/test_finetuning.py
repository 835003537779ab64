"""Fine-tuning puts the parts together: what learns, how fast, and what stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.finetuning import FineTuned, Start, augmentation, fine_tune
from medgraft.transfer.training.layerwise import Rates
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
        return Examples(rows, rows % 2, np.ones(len(rows)), rows, lambda chosen: IMAGES[chosen])

    checkpoints = Checkpoints(folder, "f")
    result = fine_tune(
        Start(OneBlock(), 3, LinearHead(np.eye(2, 4, dtype=np.float32), np.zeros(2, np.float32)), freeze_batchnorm),
        Cases(part(np.arange(16)), part(np.arange(16, 24))),
        Rates(lr=0.01, decay=0.5, weight_decay=0.0),
        Recipe(1, 4, 0.0, 3, 1.0, 0.0, 0, "cpu"),
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
        moved = not torch.equal(after[f"network/backbone.network.{name}"], before)
        assert moved == (name.startswith("0.") or not freeze_batchnorm), name


def test_facts_count_the_parameters_and_tell_the_rates(tmp_path: Path) -> None:
    result, _ = tuned(tmp_path, freeze_batchnorm=True)
    assert result.facts == {
        "parameters_trained": 4 * 27 + 4 + 2 * 4 + 2,
        "parameters_frozen": 8,
        "learning_rates": {"block": 0.005, "head": 0.01},
    }
    assert set(result.backbone_state) == set(OneBlock().build(3).state_dict())


def test_augmentation_is_drawn_from_seed_epoch_and_case() -> None:
    def one(seed: int, epoch: int, index: int) -> bytes:
        return augmentation("radiograph", seed)(IMAGES[0], epoch, index).tobytes()

    assert one(0, 1, 2) == one(0, 1, 2)
    assert len({one(0, 1, 2), one(1, 1, 2), one(0, 2, 2), one(0, 1, 3)}) == 4
    with pytest.raises(UsageError, match="modality"):
        augmentation("x-ray vision", 0)

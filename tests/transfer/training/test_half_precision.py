"""The cache of two bytes an activation on a network with real weights: for twenty steps the losses stay within 1e-3 of
those without it. (AdamW's first steps go by the sign of a gradient, and let what float16 rounds grow beyond that.)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch

from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.finetuning import Start, fine_tune
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.plan import Plan, PrefixPlan, Rates
from medgraft.transfer.training.recipe import Cases, Recipe

STEPS, CASES, STAGE = 20, 12, "blocks.5"


def losses(folder: Path, precision: Literal["scaled16"] | None) -> list[float]:
    """The training loss of every step: all cases are one batch, so that an epoch is a step."""
    rng = np.random.default_rng(0)
    pixels = rng.random((CASES + 4, 3, 32, 32), dtype=np.float32)
    pixels[::2, :, 6:20, 6:20] *= 0.4
    rows = np.arange(CASES + 4)
    backbone = resolve_backbone("tf_efficientnet_lite0", home=Home(folder)).pooled()
    head = LinearHead(np.zeros((2, backbone.facts.feature_dim), np.float32), np.zeros(2, np.float32))

    def part(chosen: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Examples:
        return Examples(chosen, chosen % 2, np.ones(len(chosen)), chosen, PixelFeed(lambda some: pixels[some]))

    kept = None if precision is None else PrefixPlan(folder / "prefix", len(rows), 1, precision, 10**9)
    done = fine_tune(
        Start(backbone, 3, head),
        Plan(Rates(2e-4, 0.75, 0.01), stage=STAGE, prefix=kept),
        Cases(part(rows[:CASES]), part(rows[CASES:])),
        Recipe(STEPS, CASES, 0.1, 99, 1.0, 0, "cpu"),
        Checkpoints(folder / "checkpoints", "f"),
        Progress(),
    )
    return [row["train_loss"] for row in done.trained.history[1:]]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Pictures this small only lose time on more threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_twenty_steps(tmp_path: Path) -> None:
    plain = losses(tmp_path / "a", None)
    assert len(plain) == STEPS
    assert 0.05 < plain[-1] < 0.9 * plain[0], "near zero a relative difference says nothing"
    kept = losses(tmp_path / "b", "scaled16")
    assert kept != plain
    np.testing.assert_allclose(kept, plain, rtol=1e-3)

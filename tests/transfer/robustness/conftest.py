"""Models whose worst pictures are known."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
import torch


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only lose time on more threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def linear():
    """Two classes, logits ``(0, w·x + b)``, twelve pictures of 2 × 6 × 6 all of class 1, and what is known of them.

    ``lead``: margin of the right class as it is; ``most``: by how much it can fall within epsilon, where no pixel comes
    to 0 or 1; ``worst(epsilon)``: the pictures where it does.
    """
    rng = np.random.default_rng(0)
    weight = torch.from_numpy(rng.normal(size=(2, 6, 6)))
    pixels = torch.from_numpy(rng.uniform(0.3, 0.7, (12, 2, 6, 6)).astype(np.float32))
    wanted = torch.linspace(0.2, 6.0, 12).double()
    raw = (pixels.double() * weight).sum(dim=(1, 2, 3))
    # Shift each picture along w, so that its margin is the wanted one (the shift is far below a pixel's range).
    pixels = (pixels - ((raw - wanted) / (weight**2).sum()).view(-1, 1, 1, 1) * weight).float()

    def model(given: torch.Tensor) -> torch.Tensor:
        lead = (given.double() * weight).sum(dim=(1, 2, 3))
        return torch.stack([torch.zeros_like(lead), lead], dim=1)

    return SimpleNamespace(
        model=model,
        weight=weight,
        pixels=pixels,
        labels=torch.ones(12, dtype=torch.long),
        lead=wanted.numpy(),
        most=lambda epsilon: epsilon * float(weight.abs().sum()),
        worst=lambda epsilon: (pixels - epsilon * weight.sign().float()).clamp(0, 1),
    )

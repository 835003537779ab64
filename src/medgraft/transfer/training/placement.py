"""Where a network is trained: CPU, CUDA or MPS, with the memory format and precision that suit the place.

channels_last everywhere (on a CPU mobile networks run about three times as fast with it); bfloat16 autocast
on CUDA cards that have it, which needs no loss scaling; plain float32 elsewhere, unless ``half`` asks for bfloat16 and
the processor multiplies such matrices in hardware (AMX: a U-Net of volumes learns twice as fast).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgraft.errors import UsageError

__all__ = ["Placement", "has_matrix_units"]


def has_matrix_units(facts: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor says that it multiplies matrices of bfloat16 in hardware."""
    try:
        return "amx_bf16" in facts.read_text("utf-8", errors="replace")
    except OSError:
        return False


class Placement:
    """``Placement("cpu" | "cuda" | "cuda:N" | "mps")``; ``UsageError`` where this machine has no such
    device. ``half``: bfloat16 on a processor too, where it is the faster."""

    def __init__(self, device: str, *, half: bool = False) -> None:
        try:
            self.device = torch.device(device)
        except RuntimeError as error:
            raise UsageError(f"there is no device {device!r}; known: cpu, cuda, mps") from error
        available = {
            "cpu": True,
            "cuda": torch.cuda.is_available() and (self.device.index or 0) < torch.cuda.device_count(),
            "mps": torch.backends.mps.is_available(),
        }
        if not available.get(self.device.type, False):
            raise UsageError(f"training on {device!r}: this machine has no such device for PyTorch; use cpu")
        if self.device.type == "cuda":
            self.half = torch.cuda.is_bf16_supported(including_emulation=False)
        else:
            self.half = half and self.device.type == "cpu" and has_matrix_units()

    def network(self, network: nn.Module) -> nn.Module:
        """The network moved there, in place; one of volumes keeps its memory format."""
        there = network.to(self.device)
        if any(item.ndim == 5 for item in network.parameters()):
            return there
        return there.to(memory_format=torch.channels_last)

    def array(self, batch: NDArray[np.floating]) -> Tensor:
        """A batch (N, …) there, in float32; maps (N, C, H, W) channels-last."""
        there = torch.from_numpy(batch).to(device=self.device, dtype=torch.float32)
        return there.to(memory_format=torch.channels_last) if there.ndim == 4 else there

    def vector(self, values: NDArray[np.int64] | NDArray[np.float32]) -> Tensor:
        """Labels or weights there."""
        return torch.from_numpy(values).to(self.device)

    @contextmanager
    def precision(self) -> Iterator[None]:
        """Within it a forward pass runs in the precision of the place."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half):
            yield

    @contextmanager
    def deterministic(self) -> Iterator[None]:
        """Within it cuDNN chooses algorithms that give the same answer twice; nothing global stays
        changed."""
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
            yield

"""Eager PyTorch: the engine of CUDA and MPS, and the one that is always there.

On a GPU: channels-last and float16 autocast in batches. On a CPU: channels-last float32, one image at a time,
so that a result never depends on its neighbours in a batch.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.source.embedding.engine import ENGINES, EngineUnavailable, Job, Sink

__all__ = ["TorchEngine", "TorchKind"]

_GPU_BATCH = 64


@ENGINES.register("torch")
class TorchKind:
    """The kind; see the contract."""

    name = "torch"

    @staticmethod
    def installed() -> bool:
        """Always: torch is a core dependency."""
        return True

    @staticmethod
    def serves(job: Job) -> bool:
        """Every network, on every device that PyTorch knows."""
        return not job.backbone.facts.descriptors and job.device in ("cpu", "cuda", "mps")

    @staticmethod
    def version() -> str:
        """Of the installed distribution."""
        return importlib.metadata.version("torch")

    @staticmethod
    def build(job: Job) -> TorchEngine:
        """Make it ready."""
        return TorchEngine(job)


class TorchEngine:
    """A network on its device."""

    def __init__(self, job: Job) -> None:
        import torch  # start-up: an engine that is not built costs nothing

        if job.device == "cuda" and not torch.cuda.is_available():
            raise EngineUnavailable("this machine has no CUDA device that PyTorch can use")
        if job.device == "mps" and not torch.backends.mps.is_available():
            raise EngineUnavailable("this machine has no MPS device that PyTorch can use")
        self._torch = torch
        self._device = torch.device(job.device)
        network = job.backbone.build(job.channels, job.state)
        network = network.to(self._device).to(memory_format=torch.channels_last)
        self._inflated = job.backbone.facts.inflated
        if self._inflated:
            from medgraft.source.backbones.inflation import InflatedNetwork

            network = InflatedNetwork(network).to(self._device)
        self._network = network.eval()
        self._batch = 1 if job.device == "cpu" or self._inflated else _GPU_BATCH
        self.facts: dict[str, Any] = {"engine": "torch", "version": torch.__version__, "device": job.device}

    def run(self, images: Iterable[tuple[int, NDArray[np.float32]]], sink: Sink) -> None:
        """See the contract."""
        torch = self._torch
        for rows, pixels in _batches(images, self._batch):
            layout = torch.contiguous_format if self._inflated else torch.channels_last
            batch = torch.from_numpy(pixels).to(self._device, memory_format=layout)
            gpu = self._device.type == "cuda"
            with torch.inference_mode(), torch.autocast(self._device.type, dtype=torch.float16, enabled=gpu):
                features = self._network(batch).float().cpu().numpy()
            for row, feature in zip(rows, features, strict=True):
                sink(row, np.ascontiguousarray(feature.reshape(-1)))


def _batches(
    images: Iterable[tuple[int, NDArray[np.float32]]], size: int
) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
    """Row numbers and stacked pixels, ``size`` at a time."""
    rows: list[int] = []
    pixels: list[NDArray[np.float32]] = []
    for row, picture in images:
        rows.append(row)
        pixels.append(picture)
        if len(rows) == size:
            yield rows, np.stack(pixels)
            rows, pixels = [], []
    if rows:
        yield rows, np.stack(pixels)

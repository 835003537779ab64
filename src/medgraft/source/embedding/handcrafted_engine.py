"""The engine of hand-crafted backbones: descriptors in numpy, pictures in threads (scikit-image leaves the GIL).

It computes on the CPU whatever the device. A picture is described by itself, so that it does not depend on others.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import WeightsError
from medgraft.source.embedding.engine import ENGINES, Job, Sink
from medgraft.source.handcrafted.catalogue import describe, descriptors_checksum

__all__ = ["HandcraftedEngine", "HandcraftedKind"]

_AHEAD = 4
"""Pictures a thread that may wait: enough to keep all busy, few to hold in memory."""


@ENGINES.register("handcrafted")
class HandcraftedKind:
    """The kind; see the contract."""

    name = "handcrafted"

    @staticmethod
    def installed() -> bool:
        return importlib.util.find_spec("skimage") is not None

    @staticmethod
    def serves(job: Job) -> bool:
        return bool(job.backbone.facts.descriptors) and job.device in ("cpu", "cuda", "mps")

    @staticmethod
    def version() -> str:
        return importlib.metadata.version("scikit-image")

    @staticmethod
    def build(job: Job) -> HandcraftedEngine:
        return HandcraftedEngine(job)


class HandcraftedEngine:
    """The descriptors of a backbone; see the module docstring. Raises ``WeightsError`` where those that are installed
    are not those of the job: a head learnt on other numbers would give answers all the same."""

    def __init__(self, job: Job) -> None:
        self._names = job.backbone.facts.descriptors
        if descriptors_checksum(self._names) != job.checksum:
            raise WeightsError(
                f"computing the features of {job.backbone.facts.name!r}: they were made by other descriptors than "
                f"those of this medgraft (asked for: {', '.join(self._names)}); fit again, or use the medgraft of then"
            )
        # The first picture imports scikit-image: here, before there are threads.
        describe(self._names, np.zeros((job.channels, job.size, job.size), np.float32))
        self.facts: dict[str, Any] = {
            "engine": "handcrafted",
            "version": HandcraftedKind.version(),
            "descriptors": list(self._names),
        }

    def run(self, images: Iterable[tuple[int, NDArray[np.float32]]], sink: Sink) -> None:
        """See the contract."""
        workers = os.cpu_count() or 1
        waiting: deque[tuple[int, Future[NDArray[np.float32]]]] = deque()

        def deliver(most: int) -> None:
            while len(waiting) > most:
                row, future = waiting.popleft()
                sink(row, future.result())

        with ThreadPoolExecutor(workers) as pool:
            try:
                for row, pixels in images:
                    waiting.append((row, pool.submit(describe, self._names, pixels)))
                    deliver(_AHEAD * workers)
                deliver(0)
            finally:
                for _, future in waiting:
                    future.cancel()

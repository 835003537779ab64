"""Features of pixels that are in no file: changed ones, that no cache knows and none should.

The engine is the one that ``embed`` would take, built once: features of unchanged pixels are those of ``embed``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import WeightsError
from medgraft.source.embedding.engine import ENGINES, Engine, EngineUnavailable, Job
from medgraft.source.embedding.joining import part_engines

__all__ = ["PixelFeatures"]


class PixelFeatures:
    """Prepared pixels (m, C, S, S) float32 in [0, 1] → features (m, d) float32, those of several backbones side by
    side. ``engine`` as for ``embed_parts``. Raises ``WeightsError`` where none can run it."""

    def __init__(self, job: Job, engine: str = "auto") -> None:
        parts = job.parts()
        self._engines = [_built(part, name) for part, name in zip(parts, part_engines(parts, engine), strict=True)]

    def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """See the class."""
        return np.concatenate([_features(engine, pixels) for engine in self._engines], axis=1)


def _built(job: Job, asked: str) -> Engine:
    """The engine of one backbone: the first that works, or the one that is asked for."""
    problems = []
    for kind in [ENGINES.get(asked)] if asked != "auto" else [kind for _, kind in ENGINES.items()]:
        if not (kind.installed() and kind.serves(job)):
            problems.append(f"{kind.name}: not for this backbone and device, or not installed")
            continue
        try:
            return kind.build(job)
        except EngineUnavailable as error:
            problems.append(f"{kind.name}: {error}")
    raise WeightsError(f"no engine can run {job.backbone.facts.name} on {job.device}: {'; '.join(problems)}")


def _features(engine: Engine, pixels: NDArray[np.float32]) -> NDArray[Any]:
    found: dict[int, NDArray[np.float32]] = {}
    engine.run(enumerate(np.ascontiguousarray(pixels)), found.__setitem__)
    return np.stack([found[row] for row in range(len(pixels))])

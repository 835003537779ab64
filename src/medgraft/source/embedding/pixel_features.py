"""Features of pixels that stand in no file, such as changed pictures: by the engines of ``embed``, and not kept."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import WeightsError
from medgraft.source.embedding import handcrafted_engine, openvino_engine, torch_engine
from medgraft.source.embedding.engine import Engine, Job, first_that_works
from medgraft.source.embedding.joining import engines_of

__all__ = ["PixelFeatures"]

_BUILT_IN = (handcrafted_engine, openvino_engine, torch_engine)  # importing them registers them, in this order


class PixelFeatures:
    """``features(images, count)`` of a backbone. ``engine``: as for ``embed_parts``.

    Raises ``WeightsError`` where no engine can run it.
    """

    def __init__(self, job: Job, engine: str = "auto") -> None:
        parts = job.parts()
        names = engines_of(parts, engine)
        self._parts = [(_built(part, name), part) for part, name in zip(parts, names, strict=True)]

    def features(self, images: Iterable[NDArray[np.float32]], count: int) -> NDArray[np.float32]:
        """(count, d) of ``count`` images (C, S, S) float32 in [0, 1], in their order."""
        wanted = list(images) if len(self._parts) > 1 else images
        found = [self._of(engine, part, wanted, count) for engine, part in self._parts]
        return np.concatenate(found, axis=1)

    def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, d) of pixels (n, C, S, S)."""
        return self.features(np.ascontiguousarray(pixels), len(pixels))

    @staticmethod
    def _of(engine: Engine, part: Job, images: Iterable[NDArray[np.float32]], count: int) -> NDArray[np.float32]:
        features = np.full((count, part.backbone.facts.feature_dim), np.nan, np.float32)

        def sink(row: int, values: NDArray[np.float32]) -> None:
            features[row] = values

        engine.run(enumerate(images), sink)
        if not np.isfinite(features).all():
            raise WeightsError(f"the backbone {part.backbone.facts.name} gives features that are not finite")
        return features


def _built(job: Job, engine: str) -> Engine:
    return first_that_works(job, engine, lambda kind: kind.build(job))

"""Bundle → probabilities. The same path for every strategy, and the one that ``fit`` itself evaluates with:
pixels → preprocessing of the bundle → backbone → pooled features → head → calibrator, sets and gate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.reader import ImageReader
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.resolve import backbone_from_facts
from medgraft.source.embedding.bags import Bags
from medgraft.source.embedding.cases import CaseEmbedding, embed_cases
from medgraft.source.embedding.embed import Picture
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.pixel_features import PixelFeatures
from medgraft.transfer.models.bundle import Bundle, read_bundle
from medgraft.use.prediction.abstaining import Reliance, reliance_of

__all__ = ["Predicted", "Predictor"]


@dataclass(frozen=True)
class Predicted:
    """Row ``i`` belongs to picture ``i``. ``probability`` (n, classes), NaN rows for failures; ``label`` is ``None``
    there, and where the gate refuses a case (``reliance``). ``embedding`` has the reasons, facts and counts."""

    probability: NDArray[np.float64]
    label: list[str | None]
    embedding: CaseEmbedding
    reliance: Reliance


class Predictor:
    """A verified bundle, ready to answer."""

    def __init__(self, bundle: Bundle, home: Home, *, device: str = "cpu", engine: str | None = None) -> None:
        self.bundle, self._home, self._device = bundle, home, device
        self.engine = engine or (bundle.engine if device == "cpu" else "auto")

    @classmethod
    def load(cls, folder: Path, home: Home, *, device: str = "cpu", engine: str | None = None) -> Predictor:
        """From a run folder or a bundle folder. Raises ``ArtifactError``."""
        inside = folder / "bundle"
        return cls(read_bundle(inside if inside.is_dir() else folder), home, device=device, engine=engine)

    def job(self) -> Job:
        """What the engine is built for: the bundle's own weights."""
        bundle = self.bundle
        return Job(
            backbone=backbone_from_facts(bundle.backbone),
            checksum=bundle.checksum,
            channels=bundle.preprocessing.channels,
            size=bundle.preprocessing.size,
            home=self._home,
            device=self._device,
            state=bundle.state,
        )

    def predict(
        self, pictures: Sequence[Picture], *, reader: ImageReader, progress: Progress | None = None
    ) -> Predicted:
        """Probabilities and called labels; a picture that cannot be read has neither."""
        return self.answer(self.embed(pictures, reader=reader, progress=progress))

    def embed(
        self, pictures: Sequence[Picture], *, reader: ImageReader, progress: Progress | None = None
    ) -> CaseEmbedding:
        """Features as the bundle's network sees them; no head is asked."""
        return embed_cases(
            pictures, self.job(), self.bundle.preprocessing, reader=reader, engine=self.engine, progress=progress
        )

    def pixel_features(self) -> PixelFeatures:
        """Features of pixels that are in no file, as the bundle's network sees them; the engine is built here."""
        return PixelFeatures(self.job(), self.engine)

    def of_pixels(self) -> Callable[[NDArray[np.float32]], NDArray[np.float64]]:
        """Prepared pixels (m, C, S, S) in [0, 1] that are in no file → probabilities (m, classes), one picture a case;
        the engine is built here, once."""
        features, bundle = self.pixel_features(), self.bundle
        return lambda pixels: bundle.answers(Bags.single(features(pixels)))

    def answer(self, embedding: CaseEmbedding) -> Predicted:
        """From features on."""
        task = self.bundle.task
        probability = np.full((len(embedding.features), len(task.labels)), np.nan)
        good = np.array([row not in embedding.failures for row in range(len(probability))], dtype=bool)
        labels: list[str | None] = [None] * len(probability)
        if good.any():
            probability[good] = self.bundle.answers(embedding.bags.take(good))
            told = task.told(self.bundle.called(probability[good]))
            for row, text in zip(np.flatnonzero(good), told, strict=True):
                labels[int(row)] = text
        reliance = reliance_of(self.bundle, embedding, probability)
        for row in np.flatnonzero(reliance.refused):
            labels[int(row)] = None
        return Predicted(probability, labels, embedding, reliance)

"""Bundle of a detector → boxes in pictures, read one batch after the other: a file that cannot be read has a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import WHOLE
from medgraft.errors import ReaderError
from medgraft.progress import Progress
from medgraft.source.embedding.embed import Picture
from medgraft.transfer.detection.bundle import DetectorBundle, read_detector
from medgraft.transfer.detection.decoding import Candidates, Found, detect, suppressed

__all__ = ["BoxFinder", "Looked"]

_AT_ONCE = 16


@dataclass(frozen=True)
class Looked:
    """One picture: ``shape`` (rows, columns) and what was ``found``, or the ``reason`` why it was not looked at."""

    shape: tuple[int, int] | None
    found: Found | None
    reason: str = ""


class BoxFinder:
    """A verified bundle, ready to look."""

    def __init__(self, bundle: DetectorBundle) -> None:
        self.bundle = bundle

    @classmethod
    def load(cls, folder: Path, *, device: str = "cpu") -> BoxFinder:
        """From a run folder or a bundle folder. Raises ``ArtifactError``."""
        inside = folder / "bundle"
        return cls(read_detector(inside if inside.is_dir() else folder, device))

    def look(self, pictures: Sequence[Picture], *, reader: ImageReader, progress: Progress) -> Iterator[Looked]:
        """One a picture, in their order."""
        for reason, shape, candidates in self._each(pictures, reader, progress):
            found = None if candidates is None else detect(candidates, self.bundle.cuts, self.bundle.task.labels)
            yield Looked(shape, found, reason)

    def kept(
        self, pictures: Sequence[Picture], *, reader: ImageReader, progress: Progress
    ) -> Iterator[Candidates | str]:
        """One a picture, in their order: all boxes that are not suppressed, whatever their score, to be judged; or why
        it was not looked at."""
        for reason, _, candidates in self._each(pictures, reader, progress):
            yield reason if candidates is None else suppressed(candidates, self.bundle.cuts.nms_iou)

    def _each(
        self, pictures: Sequence[Picture], reader: ImageReader, progress: Progress
    ) -> Iterator[tuple[str, tuple[int, int] | None, Candidates | None]]:
        starts = range(0, len(pictures), _AT_ONCE)
        for start in progress.track(starts, total=len(starts), label="finding boxes"):
            read = [self._read(picture, reader) for picture in pictures[start : start + _AT_ONCE]]
            good = [one for one in read if not isinstance(one, str)]
            found = iter(self.bundle.candidates([pixels for pixels, _ in good], [shape for _, shape in good]))
            for one in read:
                yield (one, None, None) if isinstance(one, str) else ("", one[1], next(found))

    def _read(self, picture: Picture, reader: ImageReader) -> tuple[NDArray[np.float32], tuple[int, int]] | str:
        """Prepared pixels and the picture's size, or why they cannot be had."""
        if picture.member.startswith(WHOLE):
            return "it is a volume; boxes are found in pictures: give its slices as pictures"
        try:
            image = reader.read(picture.path, picture.member)
            return self.bundle.preprocessing.apply(image), (int(image.pixels.shape[1]), int(image.pixels.shape[2]))
        except ReaderError as error:
            return str(error)

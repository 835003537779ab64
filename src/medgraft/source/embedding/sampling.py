"""What the pictures of a cohort have in common, from a few of them, before the preprocessing is settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medgraft.data.imaging.facts import FACTS_VERSION, PixelFacts
from medgraft.data.imaging.image import Image
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import WHOLE, slice_member
from medgraft.errors import ReaderError
from medgraft.home import Home
from medgraft.source.embedding.embed import Picture
from medgraft.source.embedding.row_cache import RowCache
from medgraft.types import Modality, Unit

__all__ = ["Sampled", "sampled"]

_SAMPLE = 8


@dataclass(frozen=True)
class Sampled:
    """What a spread sample of pictures has in common: channels (1 where all are grey), modality and unit (unknown and
    stored where they differ), and whether there are volumes among them."""

    channels: int
    modality: Modality
    unit: Unit
    volumes: bool = False


def sampled(pictures: Sequence[Picture], home: Home, reader: ImageReader) -> Sampled:
    """Look at a few pictures; asks the cache before it decodes."""
    step = max(1, len(pictures) // _SAMPLE)
    sample = list(pictures[::step])[:_SAMPLE]
    keys = [RowCache.key(picture.sha256, picture.member) for picture in sample]
    known = RowCache(home.cache / "facts" / FACTS_VERSION).rows(keys)
    kinds = []
    for key, picture in zip(keys, sample, strict=True):
        try:
            kinds.append(_kind(PixelFacts.from_bytes(known[key]) if key in known else _read(picture, reader)))
        except ReaderError:
            continue
    modalities, units = {kind[1] for kind in kinds}, {kind[2] for kind in kinds}
    return Sampled(
        channels=max((kind[0] for kind in kinds), default=1),
        modality=modalities.pop() if len(modalities) == 1 else Modality.UNKNOWN,
        unit=units.pop() if len(units) == 1 else Unit.STORED,
        volumes=any(picture.member == WHOLE for picture in pictures),
    )


def _read(picture: Picture, reader: ImageReader) -> Image:
    """The picture itself, or the middle slice of a volume."""
    middle = slice_member(reader.depth(picture.path) // 2) if picture.member == WHOLE else picture.member
    return reader.read(picture.path, middle)


def _kind(found: PixelFacts | Image) -> tuple[int, Modality, Unit]:
    return found.channels, found.modality, found.unit

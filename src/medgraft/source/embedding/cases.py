"""Cases to features: a picture is embedded as it is, a volume slice by slice (see ``embed``).

What a volume is to those who want one row a case (near-duplicates, outliers, the linear probe) is the mean of its
slices; those who look at slices read ``bags``. An inflated backbone takes the volume whole, as one row. How many slices
a volume has is kept in the cache, so that a second run opens no file.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from medgraft.data.imaging.facts import PixelFacts, volume_facts
from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import WHOLE, slice_member
from medgraft.errors import ReaderError
from medgraft.progress import Progress
from medgraft.source.embedding.bags import Bags
from medgraft.source.embedding.embed import Embedding, Picture
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.joining import embed_parts
from medgraft.source.embedding.row_cache import RowCache

__all__ = ["CaseEmbedding", "embed_cases"]

_DEPTHS = "depths-1"


@dataclass
class CaseEmbedding(Embedding):
    """As ``Embedding``, with one row and one fact sheet a case. ``bags``: the rows of its slices; ``slice_numbers``
    (m,) says which slice of its volume a row is, and ``slice_facts`` (m,) what it looks like."""

    bags: Bags = field(default_factory=lambda: Bags.single(np.zeros((0, 0), np.float32)))
    slice_numbers: np.ndarray[tuple[int], np.dtype[np.int64]] = field(default_factory=lambda: np.zeros(0, np.int64))
    slice_facts: list[PixelFacts | None] = field(default_factory=list)

    def take(self, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> CaseEmbedding:
        """The same of some cases, none of them a failure."""
        rows = np.flatnonzero(kept[self.bags.owners])
        return replace(
            self,
            features=self.features[kept],
            facts=[facts for facts, keep in zip(self.facts, kept, strict=True) if keep],
            failures={},
            bags=self.bags.take(kept),
            slice_numbers=self.slice_numbers[rows],
            slice_facts=[self.slice_facts[row] for row in rows],
        )


def embed_cases(
    cases: Sequence[Picture],
    job: Job,
    preprocessing: Preprocessing,
    *,
    reader: ImageReader,
    engine: str = "auto",
    progress: Progress | None = None,
) -> CaseEmbedding:
    """Features and facts of ``cases``; see ``embed`` for the options. A volume with a slice that cannot be read is a
    failure as a whole."""
    found = _Slices.of(cases, job, preprocessing, reader)
    result = embed_parts(found.pictures, job, preprocessing, reader=reader, engine=engine, progress=progress)
    failures, owners = dict(found.failures), np.repeat(np.arange(len(cases)), found.counts)
    for row, reason in sorted(result.failures.items()):
        case = int(owners[row])
        where = f"slice {found.numbers[row]}: " if found.counts[case] > 1 else ""
        failures.setdefault(case, where + reason)
    starts = np.concatenate([[0], np.cumsum(found.counts)]).astype(np.int64)
    bags = Bags(result.features, starts)
    facts = [
        None if case in failures else volume_facts([fact for fact in result.facts[start:stop] if fact is not None])
        for case, (start, stop) in enumerate(itertools.pairwise(starts))
    ]
    given = {name: value for name, value in vars(result).items() if name not in ("features", "facts", "failures")}
    return CaseEmbedding(
        features=bags.means(),
        facts=facts,
        failures=failures,
        bags=bags,
        slice_numbers=np.array(found.numbers, dtype=np.int64),
        slice_facts=result.facts,
        **given,
    )


@dataclass(frozen=True)
class _Slices:
    """The pictures of all cases in a row, how many each case has, and which slice each is (0 for a picture)."""

    pictures: list[Picture]
    counts: list[int]
    numbers: list[int]
    failures: dict[int, str]

    @classmethod
    def of(cls, cases: Sequence[Picture], job: Job, preprocessing: Preprocessing, reader: ImageReader) -> _Slices:
        """A picture is itself; a volume its chosen slices, or itself where the network takes it whole."""
        volumes = [case for case in cases if case.member == WHOLE and not job.backbone.facts.inflated]
        depths = _depths(volumes, job, reader)
        found = cls([], [], [], {})
        for row, case in enumerate(cases):
            depth = depths.get(case.sha256) if case.member == WHOLE else None
            if isinstance(depth, str):
                found.failures[row] = depth
                found.counts.append(0)
                continue
            numbers = [0] if depth is None else preprocessing.chosen_slices(depth)
            found.counts.append(len(numbers))
            found.numbers.extend(numbers)
            found.pictures.extend(
                [case] if depth is None else [replace(case, member=slice_member(number)) for number in numbers]
            )
        return found


def _depths(volumes: Sequence[Picture], job: Job, reader: ImageReader) -> dict[str, int | str]:
    """sha256 → slices of a volume, or why they cannot be counted; from the cache where it is known."""
    cache = RowCache(job.home.cache / "facts" / _DEPTHS)
    keys = {volume.sha256: RowCache.key(volume.sha256, WHOLE) for volume in volumes}
    rows = cache.rows(keys.values())
    known = {digest: int(rows[key]) for digest, key in keys.items() if key in rows}
    missing = [
        volume for volume in {volume.sha256: volume for volume in volumes}.values() if volume.sha256 not in known
    ]

    def look(volume: Picture) -> int | str:
        try:
            return reader.depth(volume.path)
        except ReaderError as error:
            return str(error)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        fresh = dict(zip([volume.sha256 for volume in missing], pool.map(look, missing), strict=True))
    cache.put({keys[digest]: str(depth).encode() for digest, depth in fresh.items() if isinstance(depth, int)})
    return {**known, **fresh}

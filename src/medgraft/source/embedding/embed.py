"""Cases to pooled features: each picture is decoded once and goes through the frozen network once, ever.

Two caches share one mechanism: *features*, keyed by the file's sha256, the member, the preprocessing, the network
(name, weights' checksum, mean and std), the cut, the view, the device and the engine with its version; and *facts*
of the pixels (hash, size, thumbnail), keyed by file and member. Decoding runs in threads (the decoders leave the
GIL) while the engine is being built and while it computes. What cannot be read is returned as a failure with its
reason, never raised.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.data.imaging.facts import FACTS_VERSION, PixelFacts, pixel_facts, volume_facts
from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume_reader import WHOLE, slice_member
from medgraft.errors import ReaderError, WeightsError
from medgraft.progress import Progress
from medgraft.source.embedding import handcrafted_engine, openvino_engine, torch_engine
from medgraft.source.embedding.engine import ENGINES, Engine, EngineKind, Job, first_that_works
from medgraft.source.embedding.row_cache import RowCache, cache_cap

__all__ = ["ENGINES", "Embedding", "Picture", "embed"]

_CUT, _VIEW = "pooled", "whole"
_PREFETCH_BYTES = 512 * 2**20
_SHARD_ROWS = 512
_BUILT_IN = (handcrafted_engine, openvino_engine, torch_engine)  # importing them registers them, in this order


@dataclass(frozen=True, slots=True)
class Picture:
    """Where the pixels of a case are: file, member, and the sha256 of the file's bytes."""

    path: Path
    member: str
    sha256: str


@dataclass
class Embedding:
    """Row ``i`` belongs to picture ``i``. A row of a failure holds NaN and no facts.

    ``features`` (n, d) float32. ``seconds``: ``read`` waiting for decoded pixels, ``embed`` the rest of the
    pass, ``engine`` making the network ready. ``decodes`` and ``forward_passes`` count what was really done. The first
    ``pooled_dim`` features are the pooled output.
    """

    features: NDArray[np.float32]
    facts: list[PixelFacts | None]
    failures: dict[int, str] = field(default_factory=dict)
    decodes: int = 0
    forward_passes: int = 0
    engine: dict[str, Any] = field(default_factory=dict)
    pooled_dim: int | None = None
    seconds: dict[str, float] = field(default_factory=lambda: {"read": 0.0, "embed": 0.0, "engine": 0.0})

    @property
    def pooled(self) -> NDArray[np.float32]:
        """The pooled output alone: what a picture shows, as the source task would say it."""
        return self.features[:, : self.pooled_dim]


class _Store:
    """The two caches of one recipe."""

    def __init__(self, job: Job, preprocessing: Preprocessing, kind: EngineKind, progress: Progress) -> None:
        cache = job.home.cache
        engine = (kind.name, kind.version(), job.device)  # a GPU's float16 is not a CPU's float32
        recipe = RowCache.key(job.identity(), preprocessing.digest(), _CUT, _VIEW, *engine)
        self.features = RowCache(cache / "features" / recipe.hex()[:32], progress)
        self.facts = RowCache(cache / "facts" / FACTS_VERSION, progress)


def embed(
    pictures: Sequence[Picture],
    job: Job,
    preprocessing: Preprocessing,
    *,
    reader: ImageReader,
    engine: str = "auto",
    progress: Progress | None = None,
) -> Embedding:
    """Features and facts of ``pictures``. ``engine``: ``auto`` (first that works), or a name of ``ENGINES``."""
    progress = progress or Progress()
    cache_cap()  # a mistake in it is told before the work, not after

    def work(kind: EngineKind) -> Embedding:
        return _Pass(pictures, job, preprocessing, reader, progress).run(kind)

    return first_that_works(job, engine, work, notice=progress.notice)


class _Pass:
    """One pass over the pictures that the caches do not know."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        job: Job,
        preprocessing: Preprocessing,
        reader: ImageReader,
        progress: Progress,
    ) -> None:
        self.pictures, self.job, self.preprocessing, self.reader = pictures, job, preprocessing, reader
        self.progress = progress
        self.keys = [RowCache.key(picture.sha256, picture.member) for picture in pictures]
        dimension = job.backbone.facts.feature_dim
        self.result = Embedding(np.full((len(pictures), dimension), np.nan, np.float32), [None] * len(pictures))
        self.result.pooled_dim = job.backbone.facts.pooled_dim
        self._fresh: dict[int, PixelFacts] = {}
        self._computed: dict[int, NDArray[np.float32]] = {}

    def run(self, kind: EngineKind) -> Embedding:
        """Fill the result from the caches, compute the rest, and keep it."""
        store = _Store(self.job, self.preprocessing, kind, self.progress)
        self.result.engine = {"engine": kind.name, "version": kind.version()}
        todo = self._recall(store)
        if todo:
            with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
                # Decoding starts before the engine is built: the two use different cores.
                decoded = _Prefetch(pool, self._decode, todo, self._window())
                began = time.perf_counter()
                engine = kind.build(self.job)
                self.result.seconds["engine"] = time.perf_counter() - began
                self.result.engine |= engine.facts
                try:
                    self._compute(engine, decoded, len(todo), store)
                finally:
                    decoded.stop()
                    self._keep(store)
        return self.result

    def _recall(self, store: _Store) -> list[int]:
        """Fill in what is known; the rows that are not."""
        features, facts = store.features.rows(self.keys), store.facts.rows(self.keys)
        todo = []
        for row, key in enumerate(self.keys):
            if key in features and key in facts:
                self.result.features[row] = np.frombuffer(features[key], np.float32)
                self.result.facts[row] = PixelFacts.from_bytes(facts[key])
            else:
                todo.append(row)
        return todo

    def _window(self) -> int:
        """How many decoded pictures may wait."""
        size = 4 * self.preprocessing.channels * self.preprocessing.size**2
        if self.job.backbone.facts.inflated:
            return max(2, _PREFETCH_BYTES // (size * self.preprocessing.slices))
        return max(16, _PREFETCH_BYTES // size)

    def _decode(self, row: int) -> tuple[NDArray[np.float32], PixelFacts]:
        """Pixels as the network sees them, and their facts; runs in a thread."""
        picture = self.pictures[row]
        if picture.member == WHOLE:
            return self._decode_whole(picture)
        image = self.reader.read(picture.path, picture.member)
        prepared = self.preprocessing.apply(image)
        return prepared, pixel_facts(image, prepared)

    def _decode_whole(self, picture: Picture) -> tuple[NDArray[np.float32], PixelFacts]:
        """A volume (D, C, S, S), for a network that takes it so."""
        slices = []
        for number in self.preprocessing.chosen_slices(self.reader.depth(picture.path)):
            image = self.reader.read(picture.path, slice_member(number))
            prepared = self.preprocessing.apply(image)
            slices.append((prepared, pixel_facts(image, prepared)))
        return np.stack([prepared for prepared, _ in slices]), volume_facts([facts for _, facts in slices])

    def _compute(self, engine: Engine, decoded: _Prefetch, total: int, store: _Store) -> None:
        """Run the engine over what comes from the decoders; keep a shard now and then."""
        began, waited = time.perf_counter(), 0.0

        def images() -> Iterator[tuple[int, NDArray[np.float32]]]:
            nonlocal waited
            for row, future in self.progress.track(decoded, total=total, label="reading and embedding"):
                asked = time.perf_counter()
                try:
                    prepared, facts = future.result()
                except ReaderError as error:
                    self.result.failures[row] = str(error)
                    continue
                finally:
                    waited += time.perf_counter() - asked
                self._fresh[row] = facts
                self.result.decodes += 1
                yield row, prepared
                if len(self._computed) >= _SHARD_ROWS:
                    self._keep(store)

        def sink(row: int, features: NDArray[np.float32]) -> None:
            self._computed[row] = features

        engine.run(images(), sink)
        self.result.seconds["read"] = waited
        self.result.seconds["embed"] = time.perf_counter() - began - waited

    def _keep(self, store: _Store) -> None:
        """Move computed rows to the result and to the caches."""
        rows = sorted(self._computed)
        if not rows:
            return
        features = {row: self._computed.pop(row) for row in rows}
        bad = sum(not np.isfinite(feature).all() for feature in features.values())
        if bad:
            raise WeightsError(
                f"embedding: the backbone {self.job.backbone.facts.name} gives features that are not finite for {bad} "
                f"of {len(features)} pictures; every number has to be finite: its weights are spoilt or overflow, give "
                "others with --weights"
            )
        for row, feature in features.items():
            self.result.features[row] = feature
            self.result.facts[row] = self._fresh[row]
        self.result.forward_passes += len(rows)
        store.facts.put({self.keys[row]: self._fresh.pop(row).to_bytes() for row in rows})
        store.features.put({self.keys[row]: features[row].tobytes() for row in rows})


class _Prefetch:
    """Futures of decoded rows, in order, at most ``window`` of them ahead."""

    def __init__(self, pool: ThreadPoolExecutor, decode: Any, rows: Sequence[int], window: int) -> None:
        self._pool, self._decode = pool, decode
        self._left = deque(rows)
        self._waiting: deque[tuple[int, Future[tuple[NDArray[np.float32], PixelFacts]]]] = deque()
        while self._left and len(self._waiting) < window:
            self._submit()

    def _submit(self) -> None:
        row = self._left.popleft()
        self._waiting.append((row, self._pool.submit(self._decode, row)))

    def __iter__(self) -> Iterator[tuple[int, Future[tuple[NDArray[np.float32], PixelFacts]]]]:
        while self._waiting:
            if self._left:
                self._submit()
            yield self._waiting.popleft()

    def stop(self) -> None:
        """Give up what has not begun."""
        self._left.clear()
        for _, future in self._waiting:
            future.cancel()

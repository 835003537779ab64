"""Rows of bytes by key, kept on disk, each file named by its own sha256: a flipped bit cannot go unnoticed.

A cache has one folder a namespace; ``put`` adds one shard (a safetensors file of keys, offsets and data), and
``rows`` reads all of them. A shard whose content does not match its name is set aside with a notice and its
rows count as absent, because everything here can be computed again. When the cache grows over its cap the
shards that were used longest ago go first.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from medgraft.errors import ArtifactError
from medgraft.files import sha256_bytes, write_bytes
from medgraft.progress import Progress

__all__ = ["DEFAULT_CAP", "RowCache", "cache_cap", "shrink"]

DEFAULT_CAP = 20 * 2**30
"""Bytes that the whole cache may take, 20 GiB; ``MEDGRAFT_CACHE_CAP`` (bytes) sets another one."""

_KEY = 32


class RowCache:
    """One namespace: ``folder`` is ``<cache>/<kind>/<recipe>``."""

    def __init__(self, folder: Path, progress: Progress | None = None) -> None:
        self.folder = folder
        self._progress = progress or Progress()

    @staticmethod
    def key(*parts: str) -> bytes:
        """A 32-byte key from what identifies a row."""
        return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogateescape")).digest()

    def rows(self, wanted: Iterable[bytes]) -> dict[bytes, bytes]:
        """The wanted rows that are there."""
        missing, found = set(wanted), dict[bytes, bytes]()
        for path in sorted(self.folder.glob("*.safetensors")):
            if not missing:
                break
            shard = self._read(path)
            for key in missing & shard.keys():
                found[key] = shard[key]
            missing -= shard.keys()
        return found

    def put(self, rows: Mapping[bytes, bytes]) -> None:
        """Add rows as one shard, written whole or not at all; then keep the cache under its cap."""
        if not rows:
            return
        cap = cache_cap()  # first: what cannot be kept under a cap is not written either
        offsets = np.cumsum([0, *(len(value) for value in rows.values())], dtype=np.int64)
        content = save(
            {
                "keys": np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), _KEY),
                "offsets": offsets,
                "data": np.frombuffer(b"".join(rows.values()), np.uint8),
            }
        )
        write_bytes(self.folder / f"{sha256_bytes(content)}.safetensors", content, private=True)
        shrink(self.folder.parent.parent, cap)

    def _read(self, path: Path) -> dict[bytes, bytes]:
        """The rows of one shard; empty, with a notice, where it is damaged."""
        try:
            content = path.read_bytes()
        except OSError:
            return {}
        if sha256_bytes(content) != path.stem:
            self._progress.notice("a damaged file was found in the cache and set aside; its rows are computed again")
            with contextlib.suppress(OSError):
                path.unlink()
            return {}
        with contextlib.suppress(OSError):
            os.utime(path)
        tensors = load(content)
        keys, offsets, data = tensors["keys"], tensors["offsets"], tensors["data"].tobytes()
        return {
            keys[row].tobytes(): data[start:stop]
            for row, (start, stop) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True))
        }


def cache_cap() -> int:
    """Bytes that the whole cache may take, by the environment. Raises ``ArtifactError`` for what is no number."""
    text = os.environ.get("MEDGRAFT_CACHE_CAP", str(DEFAULT_CAP))
    if not re.fullmatch("[0-9]{1,18}", text):  # 18 digits: an exabyte; ``isdigit`` would let "²" through
        raise ArtifactError(
            f"reading MEDGRAFT_CACHE_CAP: got {text[:40]!r}, a number of bytes is needed (as {DEFAULT_CAP}); "
            "correct it or unset it"
        )
    return int(text)


def shrink(cache: Path, cap: int | None = None) -> int:
    """Delete what was used longest ago until the cache is under ``cap`` bytes; return the bytes that remain."""
    if cap is None:
        cap = cache_cap()
    entries = []
    for path in cache.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file():
                status = path.stat()
                entries.append((status.st_mtime_ns, status.st_size, path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries, key=lambda entry: entry[0]):
        if total <= cap:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size
    return total

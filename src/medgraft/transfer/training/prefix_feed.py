"""The prefix cache: what crosses the cut of a network is computed once, and read from disk from then on.

While everything before the cut is frozen, a case gives the same activations there in every epoch. They are kept
in one memory-mapped file: a slot for each case and view, packed (see ``packing``), filled when first asked for. View 0
is the plain picture; with augmentation, epoch e reads view ``1 + (e − 1) mod views``, drawn as training would draw that
epoch. A slot counts once its CRC-32 stands in the file of marks, and is checked whenever it is read: what a kill, a
power cut or a flipped bit left is computed again. Slots that do not fit under the limit, or on the disk, are computed
each time. What the prefix gives for a picture does not depend on the others of its batch.
"""

from __future__ import annotations

import os
import zlib
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medgraft.errors import ArtifactError
from medgraft.progress import Progress
from medgraft.transfer.training.packing import Packing
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.plan import PrefixPlan

__all__ = ["PrefixFeed", "PrefixPixels"]

_ALIGNMENT = 64


class PrefixPixels(Protocol):
    """What a prefix reads, as ``PixelFeed`` is: (pixels,) of cases, of a view or plain; ``augment`` is ``None`` where
    views do not differ."""

    @property
    def augment(self) -> object | None: ...

    def __call__(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], epoch: int | None
    ) -> tuple[NDArray[np.float32]]: ...


class PrefixFeed:
    """A feed of what crosses the cut; ``computed`` counts the pictures that went through the prefix."""

    def __init__(
        self, prefix: nn.Module, pixels: PrefixPixels, plan: PrefixPlan, placement: Placement, progress: Progress
    ) -> None:
        self._prefix, self._pixels, self._plan, self._placement = prefix.eval(), pixels, plan, placement
        self._progress = progress
        self.computed = 0
        first = self._compute(np.zeros(1, np.int64), np.zeros(1, np.int64), None)
        self._packing = Packing([item.shape[1:] for item in first], plan.precision)
        self.computed = 0
        self._width = self._packing.width
        self._stride = -(-self._width // _ALIGNMENT) * _ALIGNMENT
        wanted = plan.cases * (1 + (plan.views if pixels.augment is not None else 0))
        self.slots = min(wanted, plan.limit // self._stride)
        self.bytes = self.slots * self._stride
        self.whole = self.slots == wanted
        self._full = False
        self._open()

    def __call__(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], epoch: int | None
    ) -> tuple[NDArray[np.floating], ...]:
        view = 0 if epoch is None or self._pixels.augment is None else 1 + (epoch - 1) % self._plan.views
        found = [self._read(view * self._plan.cases + int(case)) for case in index]
        missing = [place for place, slot in enumerate(found) if slot is None]
        if missing:
            fresh = self._compute(rows[missing], index[missing], view or None)
            for number, place in enumerate(missing):
                slot = self._packing.pack([item[number] for item in fresh])
                self._write(view * self._plan.cases + int(index[place]), slot)
                found[place] = slot
        return self._packing.unpack(np.stack([slot for slot in found if slot is not None]))

    def close(self) -> None:
        """Give the files back; it can be read no more."""
        for file in self._files:
            file.close()
        self._data, self._marks = np.zeros(0, np.uint8), np.zeros((0, 2), np.uint32)

    def facts(self) -> dict[str, Any]:
        """What the report tells of it. ``kept``: whether every slot has its place."""
        plan = self._plan
        return {
            "views": plan.views if self._pixels.augment is not None else 0,
            "precision": plan.precision,
            "bytes": self.bytes,
            "kept": self.whole and not self._full,
        }

    def _compute(
        self, rows: NDArray[np.int64], index: NDArray[np.int64], view: int | None
    ) -> list[NDArray[np.float32]]:
        """What the prefix gives, in float32, one array a crossing tensor."""
        (pixels,) = self._pixels(rows, index, view)
        self.computed += len(rows)
        with torch.inference_mode(), self._placement.precision():
            crossing = self._prefix(self._placement.array(pixels))
        return [item.float().cpu().contiguous().numpy() for item in crossing]

    def _open(self) -> None:
        """The two files, of the right length; what is there from before is used again."""
        folder = self._plan.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            sizes = {folder / "activations.bin": self.slots * self._stride, folder / "marks.bin": 8 * self.slots}
            for path, size in sizes.items():
                if not path.exists() or path.stat().st_size != size:
                    path.write_bytes(b"")
                    path.chmod(0o600)
                    os.truncate(path, size)
            # Written through files, not through the map: a full disk is then an error and not the end of the process.
            self._files = [path.open("r+b", buffering=0) for path in sizes]
        except OSError as error:
            raise ArtifactError(
                f"making the prefix cache in {folder}: {error.strerror or error}; free space, lower "
                "strategy.cache_gb, or set MEDGRAFT_HOME to another folder"
            ) from error
        data, marks = sizes
        self._data = np.memmap(data, np.uint8, "r") if self.slots else np.zeros(0, np.uint8)
        self._marks = np.memmap(marks, np.uint32, "r").reshape(-1, 2) if self.slots else np.zeros((0, 2), np.uint32)

    def _read(self, slot: int) -> NDArray[np.uint8] | None:
        """A slot's bytes; ``None`` where they are not there, or not whole."""
        if slot >= self.slots or not self._marks[slot, 0]:
            return None
        raw = np.array(self._data[slot * self._stride : slot * self._stride + self._width])
        return raw if zlib.crc32(raw.data) == self._marks[slot, 1] else None

    def _write(self, slot: int, raw: NDArray[np.uint8]) -> None:
        if slot >= self.slots or self._full:
            return
        parts: tuple[NDArray[Any], ...] = (raw, np.array([1, zlib.crc32(raw.data)], np.uint32))
        try:
            for file, place, content in zip(self._files, (slot * self._stride, slot * 8), parts, strict=True):
                file.seek(place)
                if file.write(content.data) != content.nbytes:
                    raise OSError("the disk is full")
        except OSError as error:
            self._full = True
            self._progress.notice(f"the prefix cache stopped growing ({error.strerror or error}); the rest is computed")

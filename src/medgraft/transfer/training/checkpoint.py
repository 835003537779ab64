"""Resumable state that survives a ``kill -9``, a full disk and a flipped bit.

A checkpoint is two files in one private folder: ``epoch-0003.safetensors`` (all tensors) and
``epoch-0003.json`` (everything else, with the sha256 of the tensors and of itself). Both are written
atomically; the tensors are read back and hashed before the JSON, which makes the checkpoint count, is
written. The one before it is kept; a damaged newest one falls back to it with a notice. Checkpoints of
another configuration or of other data (another ``fingerprint``) are left aside with a notice, and go when a
new one is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from medgraft.errors import ArtifactError
from medgraft.files import read_json, sha256_bytes, sha256_file, write_bytes, write_json

__all__ = ["Checkpoint", "Checkpoints"]

_NAME = re.compile(r"epoch-(\d+)\.json")


@dataclass(frozen=True)
class Checkpoint:
    """The state after ``epoch``: ``tensors`` by name (on the CPU) and ``facts``, plain finite JSON data."""

    epoch: int
    tensors: dict[str, Tensor]
    facts: dict[str, Any]


class Checkpoints:
    """The checkpoints in ``folder``, which holds nothing else. ``fingerprint`` says of which training they
    are."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        self._last_good: int | None = None

    def save(self, checkpoint: Checkpoint) -> None:
        """Write durably, keep the one before, remove the rest. Raises ``ArtifactError`` where that fails, as on a full
        disk: what was kept before stays as it is."""
        try:
            self._write(checkpoint)
        except ArtifactError as error:
            kept = "No epoch is kept: the training starts anew"
            if self._last_good is not None:
                kept = f"Epoch {self._last_good} is kept: the same command goes on from there"
            raise ArtifactError(f"keeping the state after epoch {checkpoint.epoch}: {error}. {kept}") from error
        self._prune({checkpoint.epoch, self._last_good})
        self._last_good = checkpoint.epoch

    def _write(self, checkpoint: Checkpoint) -> None:
        tensors, description = self._paths(checkpoint.epoch)
        data = save({name: item.detach().cpu().contiguous() for name, item in checkpoint.tensors.items()})
        body = {
            "fingerprint": self.fingerprint,
            "epoch": checkpoint.epoch,
            "tensors_sha256": sha256_bytes(data),
            "facts": checkpoint.facts,
        }
        digest = _digest(body)
        write_bytes(tensors, data, private=True)
        if sha256_file(tensors) != body["tensors_sha256"]:
            raise ArtifactError(f"writing {tensors}: what was read back is not what was written; check the disk")
        write_json(description, {"sha256": digest, "body": body}, private=True)

    def newest(self, notice: Callable[[str], None]) -> Checkpoint | None:
        """The newest checkpoint that is whole and belongs to this training; ``None`` where there is none.

        Each one that had to be left aside is told to ``notice``, with the reason.
        """
        found = (_NAME.fullmatch(path.name) for path in self.folder.glob("epoch-*.json"))
        for epoch in sorted((int(match[1]) for match in found if match), reverse=True):
            try:
                checkpoint = self._read(epoch)
            except ArtifactError as error:
                notice(f"the checkpoint of epoch {epoch} was left aside: {error}")
                continue
            self._last_good = epoch
            return checkpoint
        return None

    def clear(self) -> None:
        """Remove all of them: when what they led to stands safely elsewhere."""
        self._prune(set())
        self._last_good = None

    def _read(self, epoch: int) -> Checkpoint:
        tensors, description = self._paths(epoch)
        document = read_json(description)
        body = document.get("body")
        if not isinstance(body, dict) or document.get("sha256") != _digest(body):
            raise ArtifactError(f"reading {description}: it is damaged (its sha256 is not the recorded one)")
        if body["fingerprint"] != self.fingerprint:
            raise ArtifactError(f"reading {description}: it is of another configuration or of other data")
        try:
            data = tensors.read_bytes()
        except OSError as error:
            raise ArtifactError(f"reading {tensors}: {error.strerror or error}") from error
        if sha256_bytes(data) != body["tensors_sha256"]:
            raise ArtifactError(f"reading {tensors}: it is damaged (its sha256 is not the recorded one)")
        try:
            return Checkpoint(epoch, load(data), dict(body["facts"]))
        except SafetensorError as error:
            raise ArtifactError(f"reading {tensors}: {error}") from error

    def _paths(self, epoch: int) -> tuple[Path, Path]:
        stem = f"epoch-{epoch:04d}"
        return self.folder / f"{stem}.safetensors", self.folder / f"{stem}.json"

    def _prune(self, kept: set[int | None]) -> None:
        """Remove all checkpoints but ``kept``, and what an interrupted write left (hidden temporary
        files)."""
        names = {path.name for epoch in kept if epoch is not None for path in self._paths(epoch)}
        for pattern in ("epoch-*", ".epoch-*"):
            # Descriptions first, so that a kill in between leaves no description without its tensors.
            for path in sorted(self.folder.glob(pattern)):
                if path.name not in names:
                    path.unlink(missing_ok=True)


def _digest(body: dict[str, Any]) -> str:
    """sha256 of the body's canonical JSON; a number that JSON cannot carry exactly is refused."""
    try:
        text = json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise ArtifactError(f"describing a checkpoint: {error}; its facts must be finite") from error
    return sha256_bytes(text.encode("utf-8"))

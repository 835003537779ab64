"""The house: the one folder, besides the run folders, that medgraft writes to.

``$MEDGRAFT_HOME`` (or ``--home``; default ``~/.medgraft``) holds ``weights/`` (the store), ``cache/``
(can be deleted at any time) and ``key``, 32 random bytes, readable by the owner only, that turn patient and
case ids into keyed hashes (HMAC-SHA256). Ids agree between runs of one house and mean nothing elsewhere.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from medgraft.errors import ArtifactError
from medgraft.files import write_bytes

__all__ = ["Home"]

_KEY_BYTES = 32


@dataclass(frozen=True)
class Home:
    """Where the house stands. ``Home.find()`` asks the environment."""

    path: Path

    @classmethod
    def find(cls, path: Path | str | None = None) -> Home:
        """The given folder, else ``$MEDGRAFT_HOME``, else ``~/.medgraft``. Nothing is created yet."""
        chosen = path or os.environ.get("MEDGRAFT_HOME") or Path.home() / ".medgraft"
        return cls(Path(chosen).expanduser().absolute())

    @property
    def weights(self) -> Path:
        """The weights store."""
        return self.path / "weights"

    @property
    def cache(self) -> Path:
        """Everything that can be computed again."""
        return self.path / "cache"

    def key(self) -> bytes:
        """The house's secret; made at the first call, read once."""
        return self._key

    @cached_property
    def _key(self) -> bytes:
        path = self.path / "key"
        if not path.exists():
            write_bytes(path, secrets.token_bytes(_KEY_BYTES), private=True)
        key = path.read_bytes()
        if len(key) != _KEY_BYTES:
            raise ArtifactError(
                f"reading {path}: {len(key)} bytes, {_KEY_BYTES} are needed. Restore it from a backup, or delete "
                "it; then ids of new runs no longer agree with those of old ones"
            )
        return key

    def keyed_hash(self, kind: str, value: str) -> str:
        """16 hex digits that stand for ``value`` outside ``private/``; ``kind`` keeps name spaces apart."""
        message = f"{kind}\x00{value}".encode("utf-8", "surrogateescape")
        return hmac.new(self.key(), message, "sha256").hexdigest()[:16]

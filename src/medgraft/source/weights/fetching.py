"""The one place, besides ``demo --dataset``, that touches the network: a weights file into the store.

Plain HTTPS, no hub client, no telemetry; the file is hashed, imported like a local one, and deleted.
"""

from __future__ import annotations

import hashlib
import http.client
import re
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from medgraft.errors import ArtifactError, UsageError, WeightsError
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.families import family_of
from medgraft.source.weights.checkpoint import SUFFIXES
from medgraft.source.weights.entry import WeightsEntry
from medgraft.source.weights.importing import import_weights

__all__ = ["fetch_weights"]

_CHUNK = 1 << 20
_HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.[a-z]+$")


def fetch_weights(
    backbone: str,
    *,
    home: Home,
    url: str | None = None,
    name: str | None = None,
    sha256: str | None = None,
    timeout: float = 30.0,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> WeightsEntry:
    """Download the standard weights of ``backbone`` (or ``url``) and import them.

    ``sha256``: what the file must have; a hash in the file's name (``…-f37072fd.pth``) is checked too.
    ``timeout`` is in seconds, for each answer of the server. Raises ``WeightsError`` with what to copy where
    and the import command when there is no network.
    """
    known = family_of(backbone).origin(backbone)
    address = url or known["url"]
    if not address:
        raise WeightsError(
            f"fetching {backbone!r}: no address of its weights is known; give --url, or `medgraft weights import FILE "
            f"--backbone {backbone}`"
        )
    parts = urllib.parse.urlsplit(address)
    file = parts.path.rpartition("/")[2]
    if parts.scheme not in ("http", "https") or not file.endswith(SUFFIXES):
        raise UsageError(f"fetching {address}: an http(s) address of one of {', '.join(SUFFIXES)} is needed")
    try:
        home.weights.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.weights, prefix=".download-") as folder:
            path = Path(folder) / file
            digest = _download(address, path, backbone, timeout, progress or Progress())
            _check(digest, file, sha256)
            return import_weights(
                path,
                home=home,
                backbone=backbone,
                name=name,
                licence=known["licence"] if url is None else "unknown",
                trained_on=known["trained_on"] if url is None else None,
                origin=address,
                overwrite=overwrite,
            )
    except OSError as error:
        raise ArtifactError(
            f"writing to {home.weights}: {error.strerror}; free space or give another --home"
        ) from error


def _download(address: str, path: Path, backbone: str, timeout: float, progress: Progress) -> str:
    """The sha256 of what was written to ``path``."""
    digest = hashlib.sha256()
    request = urllib.request.Request(address, headers={"User-Agent": "medgraft"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer, path.open("wb") as file:
            length = int(answer.headers.get("Content-Length") or 0)
            total = max(1, -(-length // _CHUNK))
            received = 0
            for chunk in progress.track(_chunks(answer), total=total, label=f"fetching {path.name}"):
                digest.update(chunk)
                file.write(chunk)
                received += len(chunk)
        if length and received != length:
            raise http.client.IncompleteRead(b"", length - received)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise WeightsError(
            f"fetching {address}: {reason}. On a machine with a network download that file, copy it here, and "
            f"`medgraft weights import {path.name} --backbone {backbone}`"
        ) from error
    return digest.hexdigest()


def _chunks(answer: IO[bytes]) -> Iterator[bytes]:
    while chunk := answer.read(_CHUNK):
        yield chunk


def _check(digest: str, file: str, sha256: str | None) -> None:
    named = _HASH_IN_NAME.search(file)
    wanted = [item for item in (sha256, named[1] if named else None) if item]
    if not all(digest.startswith(item.lower()) for item in wanted):
        raise WeightsError(
            f"fetching {file}: its sha256 is {digest}, {' and '.join(wanted)} is needed; it is damaged or another "
            "one: fetch it again"
        )

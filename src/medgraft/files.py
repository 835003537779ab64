"""Files that are whole or not there: atomic writes, hashes, JSON with a format version, manifests.

Every artefact goes through here. A write goes to a temporary file in the same directory, is flushed to
the disk, renamed over the target, and the directory is flushed; a reader never sees half a file. A
``MANIFEST.sha256`` (the format of ``sha256sum``) makes one flipped bit in a folder an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from medgraft.errors import ArtifactError
from medgraft.types import FORMAT_VERSION

__all__ = [
    "MANIFEST",
    "read_json",
    "sha256_bytes",
    "sha256_file",
    "verify_manifest",
    "write_bytes",
    "write_json",
    "write_manifest",
    "write_text",
]

MANIFEST = "MANIFEST.sha256"


def sha256_bytes(data: bytes) -> str:
    """Hex digest of ``data``."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_bytes(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write ``data`` to ``path`` atomically and durably; ``private`` files can be read by their owner only.

    Raises ``ArtifactError`` (what, where, why) when the disk is full or the folder is read-only.
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o777)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o600 if private else 0o644)
        Path(temporary).replace(path)
        _flush_directory(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise ArtifactError(
            f"writing {path}: {error.strerror or error}; free space or give another folder that can be written"
        ) from error


def _flush_directory(folder: Path) -> None:
    """Make the rename itself durable; where a directory cannot be opened (Windows) there is nothing to flush."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """``write_bytes`` for UTF-8 text with ``\\n`` line ends."""
    write_bytes(path, text.encode("utf-8"), private=private)


def write_json(path: Path, content: dict[str, Any], *, private: bool = False) -> None:
    """Write ``content`` with its ``format_version`` as readable JSON; NaN is written as null."""
    document = {"format_version": FORMAT_VERSION, **content}
    text = json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n", private=private)


def _finite(value: Any) -> Any:
    """The same structure with NaN and infinities as ``None``, which is what JSON can carry."""
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def read_json(path: Path) -> dict[str, Any]:
    """Read what ``write_json`` wrote; refuse a damaged file or a foreign ``format_version`` by name."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ArtifactError(f"reading {path}: there is no such file") from error
    except (OSError, ValueError) as error:
        raise ArtifactError(f"reading {path}: it is damaged ({error}); make it again") from error
    version = content.get("format_version") if isinstance(content, dict) else None
    if version != FORMAT_VERSION:
        raise ArtifactError(
            f"reading {path}: format version {version!r}, this medgraft reads {FORMAT_VERSION}; "
            "use the medgraft that wrote it, or make it again"
        )
    return dict(content)


def write_manifest(folder: Path) -> None:
    """Write ``MANIFEST.sha256`` over every file below ``folder``."""
    names = sorted(
        item.relative_to(folder).as_posix() for item in folder.rglob("*") if item.is_file() and item.name != MANIFEST
    )
    write_text(folder / MANIFEST, "".join(f"{sha256_file(folder / name)}  {name}\n" for name in names))


def verify_manifest(folder: Path) -> None:
    """Raise ``ArtifactError`` unless every file is there, unchanged, and none is there besides."""
    try:
        lines = (folder / MANIFEST).read_bytes().decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError(f"verifying {folder}: its {MANIFEST} cannot be read; copy the folder again") from error
    if lines.pop() != "":
        raise ArtifactError(f"verifying {folder}: its {MANIFEST} is cut short; copy the folder again")
    expected = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = {
        item.relative_to(folder).as_posix() for item in folder.rglob("*") if item.is_file() and item.name != MANIFEST
    }
    missing, foreign = sorted(set(expected) - found), sorted(found - set(expected))
    changed = [name for name in sorted(found & set(expected)) if sha256_file(folder / name) != expected[name]]
    problems = [f"missing {n}" for n in missing] + [f"not listed {n}" for n in foreign]
    problems += [f"changed {n}" for n in changed]
    if problems:
        raise ArtifactError(
            f"verifying {folder}: {'; '.join(problems)}. The copy is damaged: restore it or make it again"
        )

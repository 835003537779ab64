"""The weights store: ``HOME/weights/NAME/{weights.safetensors, entry.json, transfer.json, MANIFEST.sha256}``.
Entries of earlier versions have no ``transfer.json``; weights that were made here also have ``seen.json``.

An entry appears whole (it is made beside and renamed) and is verified to the last bit each time it is got.
Nothing here imports torch.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from medgraft.errors import ArtifactError, UsageError, WeightsError
from medgraft.files import (
    MANIFEST,
    read_json,
    sha256_file,
    verify_manifest,
    write_bytes,
    write_json,
    write_manifest,
)
from medgraft.home import Home
from medgraft.registry import nearest
from medgraft.source.backbones.spelling import architecture, split_name
from medgraft.source.weights.entry import WeightsEntry, check_entry_name, entry_from_json
from medgraft.source.weights.provenance import Seen
from medgraft.source.weights.transfer_table import TransferTable, table_from_json

__all__ = [
    "ENTRY_FILE",
    "SEEN_FILE",
    "TABLE_FILE",
    "WEIGHTS_FILE",
    "add_entry",
    "entry_names",
    "find_entries",
    "get_entry",
    "get_seen",
    "get_table",
    "list_entries",
    "remove_entry",
    "verify_entries",
]

WEIGHTS_FILE = "weights.safetensors"
ENTRY_FILE = "entry.json"
TABLE_FILE = "transfer.json"
SEEN_FILE = "seen.json"
_OPTIONAL = (SEEN_FILE, TABLE_FILE)


def entry_names(home: Home) -> list[str]:
    """Names of all entries, sorted, whole or damaged."""
    if not home.weights.is_dir():
        return []
    return sorted(item.name for item in home.weights.iterdir() if item.is_dir() and not item.name.startswith("."))


def list_entries(home: Home) -> list[WeightsEntry]:
    """All entries, their ``entry.json`` checked (not the weights: ``verify_entries``). Raises
    ``WeightsError``."""
    return [_described(home, name) for name in entry_names(home)]


def find_entries(home: Home, backbone: str) -> list[WeightsEntry]:
    """Entries for ``backbone``: same network and, where they are given, the same tag and options. Weights that were
    made here are found by their own name only: they are no standard that is taken because nothing else was said."""
    base, options = split_name(backbone)
    return [
        entry
        for entry in list_entries(home)
        if entry.pretraining is None
        and base in (entry.backbone, architecture(entry.backbone))
        and (not options or options == entry.options)
    ]


def get_entry(home: Home, name: str) -> WeightsEntry:
    """The entry ``name``, every byte of it verified. Raises ``WeightsError``: unknown, damaged."""
    entry = _described(home, name)
    try:
        verify_manifest(home.weights / name)
    except ArtifactError as error:
        raise WeightsError(f"{error} (`medgraft weights import` with --overwrite does)") from error
    if sha256_file(home.weights / name / WEIGHTS_FILE) != entry.sha256:
        raise WeightsError(f"reading the weights {name!r}: the file is not the one of entry.json; import it again")
    return entry


def get_table(home: Home, name: str) -> TransferTable | None:
    """The transfer table of a verified entry; ``None`` where an earlier version imported it. Raises
    ``WeightsError``."""
    get_entry(home, name)
    path = home.weights / name / TABLE_FILE
    return table_from_json(read_json(path), doing=f"reading the weights {name!r}") if path.is_file() else None


def get_seen(home: Home, name: str) -> tuple[Seen, ...]:
    """Which cases the weights of a verified entry saw, as far as that is recorded. Raises ``WeightsError``."""
    get_entry(home, name)
    path = home.weights / name / SEEN_FILE
    if not path.is_file():
        return ()
    try:
        return tuple(Seen.model_validate(item) for item in read_json(path)["seen"])
    except (ValidationError, KeyError, TypeError) as error:
        raise WeightsError(f"reading the weights {name!r}: its seen.json does not hold; import it again") from error


def verify_entries(home: Home) -> list[tuple[str, str | None]]:
    """Each entry's name with ``None``, or with what is wrong with it."""
    results: list[tuple[str, str | None]] = []
    for name in entry_names(home):
        try:
            get_entry(home, name)
        except ArtifactError as error:
            results.append((name, str(error)))
        else:
            results.append((name, None))
    return results


def add_entry(
    home: Home,
    entry: WeightsEntry,
    data: bytes,
    table: TransferTable | None = None,
    seen: Sequence[Seen] = (),
    *,
    overwrite: bool = False,
) -> WeightsEntry:
    """Write an entry with its safetensors bytes, its table and what it saw; the same one again is no work, another one
    needs ``overwrite``."""
    folder = home.weights / check_entry_name(entry.name)
    if folder.exists() and not overwrite:
        if get_entry(home, entry.name) == entry:
            return entry
        raise UsageError(
            f"importing the weights {entry.name!r}: the store holds others of that name; give another --name, or "
            "--overwrite"
        )
    try:
        home.weights.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=home.weights, prefix=".partial-"))
    except OSError as error:
        raise ArtifactError(
            f"writing to {home.weights}: {error.strerror}; give a --home that can be written"
        ) from error
    try:
        beside.chmod(0o755)
        write_bytes(beside / WEIGHTS_FILE, data)
        write_json(beside / ENTRY_FILE, entry.model_dump(mode="json"))
        if table is not None:
            write_json(beside / TABLE_FILE, table.model_dump(mode="json"))
        if seen:
            write_json(beside / SEEN_FILE, {"seen": [item.model_dump(mode="json") for item in seen]})
        write_manifest(beside)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(beside, folder)  # noqa: PTH105 - the rename is the point where the entry exists
    except OSError as error:
        raise ArtifactError(f"writing {folder}: {error.strerror}; free space or give another --home") from error
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(beside)
    return entry


def remove_entry(home: Home, name: str) -> None:
    """Delete an entry, whole or damaged."""
    if name not in entry_names(home):
        raise UsageError(f"removing the weights {name!r}: the store has none{nearest(name, entry_names(home))}")
    shutil.rmtree(home.weights / name)


def _described(home: Home, name: str) -> WeightsEntry:
    """The entry's description, if it is the one that the manifest knows, and the manifest is well-formed."""
    doing = f"reading the weights {name!r}"
    if name not in entry_names(home):
        known = ", ".join(entry_names(home)) or "nothing"
        raise WeightsError(
            f"{doing}: the store {home.weights} has none{nearest(name, entry_names(home))}; it holds {known}. "
            "`medgraft weights import FILE --backbone NAME` adds some"
        )
    folder = home.weights / name
    damaged = WeightsError(f"{doing}: {folder} is damaged; import it again with --overwrite, or delete the folder")
    try:
        # Byte for byte what write_manifest writes: a flipped line end or digit must not pass as another spelling.
        lines = (folder / MANIFEST).read_bytes().decode("ascii").split("\n")
        digests = {line[66:]: line[:64] for line in lines[:-1]}
        possible = (ENTRY_FILE, SEEN_FILE, TABLE_FILE, WEIGHTS_FILE)
        listed = [file for file in possible if file not in _OPTIONAL or file in digests]
        canonical = [f"{digests[file]}  {file}" for file in listed] + [""]
        if lines != canonical or sha256_file(folder / ENTRY_FILE) != digests[ENTRY_FILE]:
            raise damaged
    except (OSError, ValueError, KeyError) as error:
        raise damaged from error
    entry = entry_from_json(read_json(folder / ENTRY_FILE), doing=doing)
    if entry.name != name:
        raise WeightsError(f"{doing}: the folder holds the entry {entry.name!r}; give the folder its name back")
    return entry

"""Which files below a folder may be pictures, in natural order, and what was passed over.

Content decides whether a file is a picture, and that is the reader's work; here only what is certainly
beside the point is left out: hidden files, the litter of file managers, and side files by their suffix
(counted, so that it can be said). Links are followed; a loop of links is walked once.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from medgraft.errors import CohortError

__all__ = ["Walk", "is_side_file", "natural_key", "split_of_name", "walk"]

_LITTER = {"thumbs.db", "desktop.ini", "dicomdir", "__macosx", "readme", "license", "licence", "makefile"}
_SIDE_SUFFIXES = {
    # tables and notes
    *(".csv", ".doc", ".docx", ".htm", ".html", ".json", ".log", ".md", ".odt", ".parquet"),
    *(".pdf", ".ppt", ".pptx", ".rst", ".rtf", ".tsv", ".txt", ".xls", ".xlsx", ".xml"),
    # archives and arrays
    *(".7z", ".gz", ".mat", ".npy", ".npz", ".pkl", ".pt", ".pth", ".rar", ".safetensors"),
    *(".sqlite", ".tar", ".zip"),
    # code and settings
    *(".cfg", ".db", ".ini", ".ipynb", ".js", ".lnk", ".md5", ".py", ".r", ".sh"),
    *(".sha256", ".toml", ".url", ".yaml", ".yml"),
}
_SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


@dataclass(frozen=True, slots=True)
class Walk:
    """Candidate files (absolute, natural order) and the side files that were left out, counted by suffix."""

    files: tuple[Path, ...]
    ignored: Counter[str]

    def note(self) -> tuple[str, ...]:
        """A sentence about what was left out, if anything was."""
        if not self.ignored:
            return ()
        kinds = ", ".join(f"{count} {suffix}" for suffix, count in sorted(self.ignored.items()))
        return (f"files that are not pictures were left out: {kinds}",)


def is_side_file(name: str) -> bool:
    """Whether a file of that name lies beside the pictures and is none itself."""
    lowered = name.lower()
    return Path(lowered).suffix in _SIDE_SUFFIXES and not lowered.endswith(".nii.gz")


def walk(folder: Path) -> Walk:
    """Walk ``folder``. Raises ``CohortError`` where a folder may not be read: its cases would be lost."""

    def refuse(error: OSError) -> None:
        raise CohortError(
            f"reading {error.filename}: {error.strerror}; every folder below {folder} must be readable: "
            "change its rights or move it away"
        ) from error

    files: list[Path] = []
    ignored: Counter[str] = Counter()
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True, onerror=refuse):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not _is_litter(name))
        for name in names:
            if _is_litter(name):
                continue
            if is_side_file(name):
                ignored[Path(name).suffix.lower()] += 1
            else:
                files.append(Path(place) / name)
    return Walk(tuple(sorted(files, key=lambda file: natural_key(file.as_posix()))), ignored)


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LITTER


def natural_key(text: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Sorts ``a2`` before ``a10``; the text itself breaks ties, so that the order is total."""
    parts = []
    for part in re.split(r"([0-9]+)", text):
        digits = part.lstrip("0")
        is_number = part.isascii() and part.isdigit()
        parts.append((0, len(digits), digits) if is_number else (1, 0, part))
    return tuple(parts), text


def split_of_name(name: str) -> str | None:
    """``train``, ``val`` or ``test`` for the usual names of the parts, in any case; else ``None``."""
    return _SPLIT_NAMES.get(name.strip().lower())

"""The receipt that lies beside every synthetic cohort, so that nothing downstream takes it for patients."""

from __future__ import annotations

from pathlib import Path

__all__ = ["RECEIPT", "is_phantom"]

RECEIPT = "phantom.json"


def is_phantom(data: Path) -> bool:
    """Whether DATA (a folder, or a table in it) is a synthetic cohort of ``write_phantom``."""
    return ((data if data.is_dir() else data.parent) / RECEIPT).is_file()

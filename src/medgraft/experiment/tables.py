"""Tables as files: Parquet and CSV, written whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
from pyarrow import ArrowInvalid

from medgraft.errors import ArtifactError
from medgraft.files import write_bytes, write_text

__all__ = ["inert", "read_table", "write_csv", "write_table"]


def write_table(path: Path, table: pd.DataFrame, *, private: bool = False) -> None:
    """Parquet, without the index."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    write_bytes(path, buffer.getvalue(), private=private)


def read_table(path: Path) -> pd.DataFrame:
    """What ``write_table`` wrote. Raises ``ArtifactError`` if it is missing or damaged."""
    try:
        return pd.read_parquet(io.BytesIO(path.read_bytes()))
    except OSError as error:
        raise ArtifactError(f"reading {path}: {error.strerror or error}; run `medgraft fit` again") from error
    except (ArrowInvalid, ValueError) as error:
        raise ArtifactError(f"reading {path}: it is damaged ({error}); run `medgraft fit` again") from error


def inert(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """CSV in UTF-8 whose text cells and column names are inert in a spreadsheet; floats round-trip exactly."""
    safe = table.map(inert)
    safe.columns = [str(inert(str(name))) for name in table.columns]
    write_text(path, safe.to_csv(index=False, lineterminator="\n"))

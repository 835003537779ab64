"""Artefacts as they lie in a run folder: tables, JSON and the training history. Damage is an ``ArtifactError``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from medgraft.errors import ArtifactError
from medgraft.files import read_json

__all__ = ["history", "optional_json", "optional_table", "table"]


def table(path: Path) -> pd.DataFrame:
    """A Parquet table; a damaged or missing one is an ``ArtifactError``."""
    if not path.is_file():
        raise ArtifactError(f"writing the report: {path} is missing; run the fit again so that it is made")
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ArtifactError(f"reading {path}: it is damaged ({error}); run the fit again") from error


def optional_json(path: Path) -> dict[str, Any]:
    """The content of a JSON artefact; empty where there is none."""
    return read_json(path) if path.is_file() else {}


def history(path: Path) -> pd.DataFrame:
    """The training history; empty where there is none."""
    if not path.is_file() or path.stat().st_size == 0:
        return pd.DataFrame()
    try:
        return pd.read_csv(path)
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except (OSError, ValueError) as error:
        raise ArtifactError(f"reading {path}: it is damaged ({error}); run the fit again") from error


def optional_table(path: Path) -> pd.DataFrame:
    """A Parquet table; empty where there is none."""
    return table(path) if path.is_file() else pd.DataFrame()

"""Patients' pictures for the page, within a budget of bytes. The only place of the report that reads ``private/``.

``private/thumbnails.parquet`` (``case_id``, ``jpeg``) may be missing; then there are no pictures. Pictures are
taken in the order in which they are wanted until the budget is spent; what did not fit is counted.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from medgraft.errors import ArtifactError

__all__ = ["Pictures", "data_url", "read_maps", "read_pictures", "read_slice_pictures"]

_MOST = 6000
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


@dataclass(frozen=True)
class Pictures:
    """``sources`` are data URLs by case id; ``left_out`` counts wanted pictures beyond the budget."""

    sources: dict[str, str] = field(default_factory=dict)
    left_out: int = 0

    def get(self, case: str) -> str | None:
        """The data URL of a case's thumbnail, or ``None``."""
        return self.sources.get(case)

    def __bool__(self) -> bool:
        return bool(self.sources)


def read_pictures(run: Path, wanted: Sequence[str], *, budget: int) -> Pictures:
    """Thumbnails of the ``wanted`` cases, in that order, of at most ``budget`` bytes as they stand in the page."""
    path = run / "private" / "thumbnails.parquet"
    order = list(dict.fromkeys(wanted))
    if not path.is_file() or budget <= 0 or not order:
        return Pictures()
    asked = order[:_MOST]
    table = _stored(path, ["case_id", "jpeg"], asked)
    stored = {str(case): bytes(jpeg) for case, jpeg in zip(table["case_id"], table["jpeg"], strict=True) if jpeg}
    sources: dict[str, str] = {}
    left_out = len(order) - len(asked)
    for case in asked:
        source = data_url(stored.get(case, b""))
        if source is None:
            continue
        if len(source) > budget:
            left_out += 1
            continue
        budget -= len(source)
        sources[case] = source
    return Pictures(sources, left_out)


def read_slice_pictures(run: Path, cases: Sequence[str], *, budget: int) -> dict[tuple[str, int], str]:
    """Pictures of the weightiest slices of ``cases``, by case and slice number, within ``budget`` bytes."""
    return _by_slice(run / "private" / "slices.parquet", cases, budget)


def read_maps(run: Path, cases: Sequence[str], *, budget: int) -> dict[tuple[str, int], str]:
    """Heat maps of ``cases``, by case and slice number (0 for a picture), within ``budget`` bytes."""
    return _by_slice(run / "private" / "explanations.parquet", cases, budget)


def _by_slice(path: Path, cases: Sequence[str], budget: int) -> dict[tuple[str, int], str]:
    if not path.is_file() or not cases:
        return {}
    table = _stored(path, ["case_id", "slice", "jpeg"], list(cases))
    sources: dict[tuple[str, int], str] = {}
    for case, number, jpeg in zip(table["case_id"], table["slice"], table["jpeg"], strict=True):
        source = data_url(bytes(jpeg))
        if source is not None and len(source) <= budget:
            budget -= len(source)
            sources[str(case), int(number)] = source
    return sources


def _stored(path: Path, columns: list[str], cases: list[str]) -> pd.DataFrame:
    try:
        return pd.read_parquet(path, columns=columns, filters=[("case_id", "in", cases)])
    except (OSError, ValueError) as error:
        raise ArtifactError(f"reading {path}: it is damaged ({error}); run the fit again") from error


def data_url(content: bytes) -> str | None:
    """``data:image/jpeg;base64,…``; ``None`` for bytes that are no picture."""
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
    return None

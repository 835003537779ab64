"""The transfer table: every tensor of the network and of the file, what became of it, and why, in words.

Rows stand in the network's order, then what is in the file only. Plain data: nothing here imports torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from medgraft.errors import WeightsError

__all__ = ["PROBLEMS", "Status", "TransferRow", "TransferTable", "listed", "table_from_json"]

Status = Literal[
    "transferred",
    "adapted",
    "filled",
    "source head",
    "left out",
    "missing",
    "unexpected",
    "shape mismatch",
    "not finite",
]

PROBLEMS: tuple[Status, ...] = ("missing", "unexpected", "shape mismatch", "not finite")
"""What may not pass: a file with one such row is refused."""

_TITLES: dict[Status, str] = {
    "missing": "missing from the file",
    "unexpected": "in the file, unknown to the network",
    "shape mismatch": "of another shape or kind",
    "not finite": "with values that are not finite",
}
_SHOWN = 12


class TransferRow(BaseModel):
    """One tensor. ``key`` and ``shape`` are the network's, ``source_key`` and ``source_shape`` the file's; ``None``
    where there is none.

    ``transferred``: as it is; ``adapted``: by a rule that the reason names; ``filled``: a counter that the file lacks;
    ``source head``: a part of the source task; ``left out``: outside of the part that was asked for; the others are
    problems.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str | None
    source_key: str | None
    shape: tuple[int, ...] | None
    source_shape: tuple[int, ...] | None
    status: Status
    reason: str

    @property
    def layer(self) -> str:
        """The module that the tensor belongs to."""
        name = self.key or self.source_key or ""
        return name.rpartition(".")[0] or name


class TransferTable(BaseModel):
    """All rows. ``steps`` are the containers and prefixes that were taken off, outermost first; ``conventions`` whose
    they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: tuple[str, ...]
    conventions: tuple[str, ...]
    rows: tuple[TransferRow, ...]

    def counts(self) -> dict[str, int]:
        """Rows by status."""
        return dict(Counter(row.status for row in self.rows))

    @property
    def problems(self) -> tuple[TransferRow, ...]:
        """Rows for which the file is refused."""
        return tuple(row for row in self.rows if row.status in PROBLEMS)

    def keys(self, *statuses: Status) -> tuple[str, ...]:
        """The network's names, else the file's, of the rows of these statuses."""
        return tuple(row.key or row.source_key or "" for row in self.rows if row.status in statuses)

    def exceptions(self) -> tuple[tuple[str, str], ...]:
        """What was not transferred as it is: layers, and why with the number of tensors; one row a reason."""
        groups: dict[tuple[Status, str], list[TransferRow]] = {}
        for row in self.rows:
            if row.status != "transferred":
                groups.setdefault((row.status, row.reason), []).append(row)
        return tuple(
            (listed(list(dict.fromkeys(row.layer for row in rows))), f"{status} ({len(rows)}): {reason}")
            for (status, reason), rows in groups.items()
        )

    def summary(self) -> str:
        """One sentence: how many of the file's tensors arrived, and what became of the others."""
        counts = self.counts()
        from_file = sum(number for status, number in counts.items() if status not in ("filled", "missing"))
        arrived = counts.get("transferred", 0) + counts.get("adapted", 0)
        parts = [f"transferred {arrived} of {from_file} tensors"]
        words = {
            "adapted": "of them adapted",
            "source head": "are the source task's own",
            "left out": "outside of the part that was asked for",
            "filled": "counters filled",
            "missing": "missing",
            "unexpected": "unexpected",
            "shape mismatch": "of another shape",
            "not finite": "not finite",
        }
        return "; ".join(parts + [f"{counts[status]} {text}" for status, text in words.items() if status in counts])

    def refusal(self, doing: str) -> WeightsError:
        """The error for a table with problems: both sides of each, the first dozen of a kind."""
        text = f"{doing}: the weights do not fit the network."
        for status in PROBLEMS:
            rows = [row for row in self.rows if row.status == status]
            if rows:
                text += f" {len(rows)} {_TITLES[status]}: {listed([_both_sides(row) for row in rows])}."
        return WeightsError(f"{text} {self.summary()}. Give the backbone that the file was made for.")


def listed(items: Sequence[str]) -> str:
    """The first dozen, and how many more there are."""
    rest = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + rest


def table_from_json(content: dict[str, Any], *, doing: str) -> TransferTable:
    """The table in a JSON document; else ``WeightsError``."""
    try:
        return TransferTable.model_validate({key: value for key, value in content.items() if key != "format_version"})
    except ValidationError as error:
        raise WeightsError(f"{doing}: its transfer table does not hold; import it again with --overwrite") from error


def _both_sides(row: TransferRow) -> str:
    name = row.key or row.source_key or ""
    if row.key and row.source_key and row.status == "shape mismatch":
        other = "" if row.source_key.endswith(row.key) else f" ({row.source_key})"
        return f"{name}{other}: file {row.source_shape}, network {row.shape} ({row.reason})"
    return name

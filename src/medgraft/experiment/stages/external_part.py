"""Stage of ``evaluate``: the part ``external:<name>`` of ``metrics.json``, whatever the run answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medgraft.errors import UsageError
from medgraft.experiment.run import RunFolder
from medgraft.files import write_json

__all__ = ["external_part", "keep_metrics"]


def external_part(metrics: Mapping[str, Any], name: str, *, overwrite: bool) -> str:
    """The part's name. Raises ``UsageError`` where the run has it already."""
    part = f"external:{name}"
    if part in metrics and not overwrite:
        raise UsageError(f"evaluating: the run already holds {part!r}; give --name OTHER, or --overwrite")
    return part


def keep_metrics(
    folder: RunFolder, metrics: Mapping[str, Any], part: str, found: Mapping[str, Any], told: Sequence[str]
) -> None:
    """The numbers of the part, and what is to be told of it, join ``metrics.json``."""
    kept = [text for text in metrics["_meta"]["warnings"] if not text.startswith(f"{part}:")]
    content = {key: value for key, value in metrics.items() if key != "format_version"}
    told = [*kept, *(f"{part}: {text}" for text in told)]
    write_json(folder / "metrics.json", {**content, part: found, "_meta": {**metrics["_meta"], "warnings": told}})

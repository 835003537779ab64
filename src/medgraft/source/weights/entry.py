"""One entry of the weights store: what the weights are, where they come from, how they must be used.

An entry is a folder ``NAME/`` with ``weights.safetensors`` (the body, without the source's head),
``entry.json`` (this model), ``transfer.json`` (what became of every tensor), ``seen.json`` (which cases weights made
here saw) and ``MANIFEST.sha256``. It holds no date and no local path, so that the same file imported twice gives the
same bytes.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medgraft.errors import UsageError, WeightsError
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.backbones.spelling import Option, join_name
from medgraft.source.weights.provenance import Pretraining
from medgraft.source.weights.transfer_table import listed

__all__ = ["WeightsEntry", "check_entry_name", "entry_from_json"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = r"^[0-9a-f]{64}$"


class WeightsEntry(BaseModel):
    """Plain data. ``sha256`` is that of ``weights.safetensors``, ``source_sha256`` that of the imported
    file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    backbone: str
    options: dict[str, Option] = Field(default_factory=dict)
    feature_dim: int = Field(gt=0)
    parameters: int = Field(ge=0)
    size: int = Field(gt=0, description="side of the square input in pixels")
    mean: tuple[float, float, float] = Field(description="R, G, B, for pixels in [0, 1]")
    std: tuple[float, float, float] = Field(description="R, G, B, for pixels in [0, 1]")
    interpolation: str
    licence: str
    trained_on: str
    origin: str
    source_file: str
    source_sha256: str = Field(pattern=_SHA256)
    sha256: str = Field(pattern=_SHA256)
    transferred: tuple[str, ...]
    not_transferred: tuple[str, ...]
    readout: tuple[tuple[str, int], ...] = Field(default=(), description="modules that are read, and their channels")
    conventions: tuple[str, ...] = Field(default=(), description="whose containers, prefixes and spellings came off")
    exceptions: tuple[tuple[str, str], ...] = Field(default=(), description="layers that did not come as they are, why")
    pretraining: Pretraining | None = Field(default=None, description="how they were made, where medgraft made them")

    def _left_out(self) -> tuple[tuple[str, str], ...]:
        """What entries of earlier versions, which have no table, say of it."""
        if not self.not_transferred:
            return ()
        return ((listed(self.not_transferred), f"source head ({len(self.not_transferred)}): the source task's head"),)

    def facts(self) -> BackboneFacts:
        """As a backbone's facts; the checksum is that of the stored file."""
        return BackboneFacts(
            name=join_name(self.backbone, self.options),
            weights=self.name,
            checksum=self.sha256,
            feature_dim=self.feature_dim,
            parameters=self.parameters,
            size=self.size,
            mean=self.mean,
            std=self.std,
            interpolation=self.interpolation,
            licence=self.licence,
            trained_on=self.trained_on,
            origin=self.origin,
            readout=self.readout,
            transferred=len(self.transferred),
            exceptions=self.exceptions or self._left_out(),
        )


def entry_from_json(content: dict[str, Any], *, doing: str) -> WeightsEntry:
    """The entry in a JSON document; else ``WeightsError``."""
    try:
        return WeightsEntry.model_validate({key: value for key, value in content.items() if key != "format_version"})
    except ValidationError as error:
        raise WeightsError(
            f"{doing}: entry.json does not hold ({error.error_count()} problems); import again"
        ) from error


def check_entry_name(name: str) -> str:
    """``name`` if it can be a folder's name on every system; else ``UsageError``."""
    if not _NAME.fullmatch(name) or name == "random":
        raise UsageError(
            f"naming a weights entry {name!r}: letters, digits, '.', '_' and '-' are needed, and not 'random'"
        )
    return name

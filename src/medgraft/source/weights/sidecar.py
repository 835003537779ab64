"""The JSON beside a weights file (same stem) that says what the file is; used by ``weights import``.

Known fields: ``name``, ``sha256``, ``licence``, ``training_data``, ``architecture.timm_name``,
``architecture.timm_kwargs``, ``input.{size, mean, std, interpolation}``, ``source.{repo, commit, path}``; of weights
that medgraft made, ``pretraining`` and ``seen`` (see ``provenance``). All are optional; others are ignored.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medgraft.errors import WeightsError
from medgraft.source.backbones.spelling import Option
from medgraft.source.weights.provenance import Pretraining, Seen

__all__ = ["Sidecar", "read_sidecar"]


class _Architecture(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    timm_name: str | None = None
    timm_kwargs: dict[str, Option] = Field(default_factory=dict)


class _Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    size: int | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    interpolation: str | None = None


class Sidecar(BaseModel):
    """What is known of a file. An absent sidecar is an empty one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str | None = None
    sha256: str | None = None
    licence: str | None = None
    training_data: str | None = None
    architecture: _Architecture = Field(default_factory=_Architecture)
    input: _Input = Field(default_factory=_Input)
    source: dict[str, Any] = Field(default_factory=dict)
    pretraining: Pretraining | None = None
    seen: tuple[Seen, ...] = ()

    @property
    def origin(self) -> str:
        """How it was made here, else ``repo@commit:path`` as far as it is known, else an empty string."""
        if self.pretraining is not None:
            return f"medgraft pretrain: {self.pretraining.told()}"
        parts = [str(self.source.get(key) or "") for key in ("repo", "commit", "path")]
        return f"{parts[0]}@{parts[1][:12]}:{parts[2]}" if parts[0] else ""


def read_sidecar(file: Path, sha256: str) -> Sidecar:
    """The sidecar of ``file``, which must name its ``sha256`` if it names one; else ``WeightsError``."""
    path = file.with_suffix(".json")
    if not path.is_file():
        return Sidecar()
    doing = f"reading {path.name} beside {file.name}"
    try:
        sidecar = Sidecar.model_validate(json.loads(path.read_bytes()))
    except (ValueError, ValidationError) as error:
        raise WeightsError(f"{doing}: it is no description of weights; mend it or take it away") from error
    if sidecar.sha256 not in (None, sha256):
        raise WeightsError(
            f"{doing}: the file's sha256 is {sha256[:16]}…, {str(sidecar.sha256)[:16]}… is recorded; the file is "
            "damaged or another one: copy it again"
        )
    return sidecar

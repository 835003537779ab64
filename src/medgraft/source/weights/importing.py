"""A local file of pretrained weights into the store: read safely, fitted strictly, described, tabulated, hashed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import nn

from medgraft.errors import UsageError
from medgraft.files import sha256_bytes
from medgraft.home import Home
from medgraft.source.backbones.construction import measure, seeded_body
from medgraft.source.backbones.families import family_of
from medgraft.source.backbones.loading import load_strictly
from medgraft.source.backbones.spelling import Option, architecture, join_name, split_name
from medgraft.source.backbones.stem import stem_name
from medgraft.source.weights.checkpoint import read_content
from medgraft.source.weights.conventions.catalogue import CONVENTIONS
from medgraft.source.weights.entry import WeightsEntry, check_entry_name
from medgraft.source.weights.matching import Wanted, choose_part
from medgraft.source.weights.sidecar import Sidecar, read_sidecar
from medgraft.source.weights.store import add_entry
from medgraft.source.weights.tabulating import Tabulated, converted_table, tabulate
from medgraft.source.weights.transfer_table import TransferTable

__all__ = ["check_weights", "import_weights"]

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class _Given:
    """What the user said; it beats the sidecar, which beats the standard of the backbone."""

    size: int | None
    mean: Triple | None
    std: Triple | None
    interpolation: str | None


@dataclass(frozen=True)
class _Source:
    """The file, what lies beside it, and what the user said of its inside."""

    name: str
    data: bytes
    sidecar: Sidecar
    part: str | None
    convention: str | None

    @classmethod
    def read(cls, file: Path, part: str | None, convention: str | None) -> _Source:
        if convention is not None:
            CONVENTIONS.get(convention)  # an unknown one is told before the slow part
        try:
            data = file.read_bytes()
        except OSError as error:
            raise UsageError(f"importing {file}: {error.strerror}; give a file of weights that can be read") from error
        return cls(file.name, data, read_sidecar(file, sha256_bytes(data)), part, convention)


def check_weights(
    file: Path, *, backbone: str | None = None, part: str | None = None, convention: str | None = None
) -> TransferTable:
    """What ``import_weights`` would transfer, and what not and why; nothing is stored. A file that does not fit gives
    a table with ``problems``. Raises as ``import_weights`` does for one that cannot be read."""
    source = _Source.read(file, part, convention)
    spelled = join_name(*_network(source, backbone, None))
    return _fit(seeded_body(spelled), source, spelled).table


def import_weights(
    file: Path,
    *,
    home: Home,
    backbone: str | None = None,
    name: str | None = None,
    licence: str = "unknown",
    trained_on: str | None = None,
    origin: str | None = None,
    size: int | None = None,
    mean: Triple | None = None,
    std: Triple | None = None,
    interpolation: str | None = None,
    pad_type: str | None = None,
    part: str | None = None,
    convention: str | None = None,
    overwrite: bool = False,
) -> WeightsEntry:
    """Put ``file`` (.safetensors, or .pth/.pt of tensors only) into the store as weights of ``backbone``.

    ``size`` is in pixels, ``mean``/``std`` are R, G, B for pixels in [0, 1]. What is not given comes from the
    JSON beside the file, else from ``convention`` (one of ``CONVENTIONS``), else from the standard weights of that
    backbone. ``part``: the container or prefix whose tensors are meant, where a file has several. Raises
    ``WeightsError``: damaged, holds code, does not fit (both sides are printed); ``UsageError``: unknown backbone,
    taken name, a file whose first convolution takes one channel without mean and std.
    """
    source = _Source.read(file, part, convention)
    base, options = _network(source, backbone, pad_type)
    spelled = join_name(base, options)
    label = check_entry_name(name or source.sidecar.name or _default_name(base, options))  # before the slow part
    body = seeded_body(spelled)
    fitted = _fit(body, source, spelled)
    if fitted.table.problems:
        raise fitted.table.refusal(f"importing {source.name} as {spelled}")
    preprocessing = _preprocessing(spelled, _Given(size, mean, std, interpolation), source, fitted.one_channel)
    load_strictly(body, fitted.state, doing=f"importing {source.name} as {spelled}")
    stored = safetensors.torch.save({key: value.contiguous().clone() for key, value in body.state_dict().items()})
    entry = WeightsEntry(
        name=label,
        backbone=base,
        options=options,
        **asdict(measure(spelled, preprocessing.size)),
        **asdict(preprocessing),
        **_provenance(source, licence, trained_on, origin),
        sha256=sha256_bytes(stored),
        **_told(fitted.table),
        pretraining=source.sidecar.pretraining,
    )
    return add_entry(home, entry, stored, fitted.table, source.sidecar.seen, overwrite=overwrite)


@dataclass(frozen=True)
class _Preprocessing:
    size: int
    mean: Triple
    std: Triple
    interpolation: str


def _network(source: _Source, backbone: str | None, pad_type: str | None) -> tuple[str, dict[str, Option]]:
    """The backbone's name and options, from the user and the sidecar, which must agree on the network."""
    described = source.sidecar.architecture.timm_name
    if backbone is None and described is None:
        raise UsageError(f"importing {source.name}: which network it fits is not known; give `--backbone NAME`")
    base, options = split_name(backbone or described or "")
    if described and architecture(described) != architecture(base):
        raise UsageError(
            f"importing {source.name} as {base!r}: the JSON beside it says {described!r}; leave --backbone out or "
            "mend it"
        )
    if described:
        options = {**source.sidecar.architecture.timm_kwargs, **options}
    if pad_type is not None:
        options["pad_type"] = pad_type
    return base, options


def _default_name(base: str, options: Mapping[str, Option]) -> str:
    """``torchvision-resnet18``, ``resnet50.a1_in1k``, ``mobilenetv2_100-same``."""
    return "-".join([base.replace("/", "-"), *(str(options[key]) for key in sorted(options))])


def _fit(body: nn.Module, source: _Source, spelled: str) -> Tabulated:
    """The part of the file that is the network, tabulated; a file in another library's spelling is first converted by
    timm's own rule, which it keeps beside some networks."""
    doing = f"importing {source.name} as {spelled}"
    stem = stem_name(body)
    wanted = Wanted(
        body.state_dict(), None if stem is None else f"{stem}.weight", family_of(spelled).head_prefixes(spelled, body)
    )
    content = read_content(source.data, source.name, doing=f"importing {source.name}")
    part = choose_part(content, wanted, part=source.part, doing=doing)
    found = tabulate(part, wanted, named=source.convention, asked=source.part)
    rule = getattr(sys.modules[type(body).__module__], "checkpoint_filter_fn", None)
    if rule is None or set(wanted.state) <= set(part.names) or not found.table.problems:
        return found
    try:
        converted = dict(rule(part.state, body))
    except (KeyError, ValueError, TypeError, AttributeError, RuntimeError, IndexError):
        return found
    return converted_table(part, wanted, converted) if set(wanted.state) <= set(converted) else found


def _provenance(source: _Source, licence: str, trained_on: str | None, origin: str | None) -> dict[str, Any]:
    """Where the weights come from: the user's word, else the sidecar's."""
    return {
        "licence": licence if licence != "unknown" else source.sidecar.licence or "unknown",
        "trained_on": trained_on or source.sidecar.training_data or "unknown",
        "origin": origin or source.sidecar.origin or "imported from a local file",
        "source_file": source.name,
        "source_sha256": sha256_bytes(source.data),
    }


def _told(table: TransferTable) -> dict[str, Any]:
    """What an entry says of its table."""
    return {
        "transferred": table.keys("transferred", "adapted"),
        "not_transferred": table.keys("source head", "left out"),
        "conventions": table.conventions,
        "exceptions": table.exceptions(),
    }


def _preprocessing(spelled: str, given: _Given, source: _Source, one_channel: bool) -> _Preprocessing:
    """The first of: the user's word, the sidecar, the convention, the backbone's standard. The standard's mean and std
    are those of networks on three channels, and say nothing of one that was trained on one."""
    standard = family_of(spelled).default_preprocessing(spelled)
    described = source.sidecar.input
    named = None if source.convention is None else CONVENTIONS.get(source.convention).input
    if named is not None:
        standard |= {
            "size": named.size,
            "mean": (named.mean,) * 3,
            "std": (named.std,) * 3,
            "interpolation": named.interpolation,
        }
    chosen = _Preprocessing(
        given.size or described.size or standard["size"],
        given.mean or described.mean or standard["mean"],
        given.std or described.std or standard["std"],
        given.interpolation or described.interpolation or standard["interpolation"],
    )
    known = [item for item in (given, described) if item.mean is not None and item.std is not None]
    if one_channel and named is None and not known:
        raise UsageError(
            f"importing {source.name} as {spelled}: its first convolution takes one channel, and with which mean and "
            "std it was trained is not known; give --mean and --std (for pixels in [0, 1]), or --convention "
            "torchxrayvision where it comes from there"
        )
    if one_channel and (len(set(chosen.mean)) > 1 or len(set(chosen.std)) > 1):
        raise UsageError(
            f"importing {source.name} as {spelled}: its first convolution takes one channel; mean {chosen.mean} and "
            f"std {chosen.std} must be alike for R, G and B"
        )
    if min(chosen.std) <= 0 or chosen.size < 1:
        raise UsageError(f"importing as {spelled}: size {chosen.size} and std {chosen.std} must be positive")
    return chosen

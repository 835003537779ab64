"""A local file of pretrained weights into the store: read safely, fitted strictly, described, hashed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import safetensors.torch
from torch import Tensor, nn

from medgraft.errors import UsageError, WeightsError
from medgraft.files import sha256_bytes
from medgraft.home import Home
from medgraft.source.backbones.construction import measure, seeded_body
from medgraft.source.backbones.families import family_of
from medgraft.source.backbones.loading import LoadReport, load_strictly
from medgraft.source.backbones.spelling import Option, architecture, join_name, split_name
from medgraft.source.weights.checkpoint import read_state
from medgraft.source.weights.entry import WeightsEntry, check_entry_name
from medgraft.source.weights.sidecar import Sidecar, read_sidecar
from medgraft.source.weights.store import add_entry

__all__ = ["import_weights"]

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class _Given:
    """What the user said; it beats the sidecar, which beats the standard of the backbone."""

    size: int | None
    mean: Triple | None
    std: Triple | None
    interpolation: str | None


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
    overwrite: bool = False,
) -> WeightsEntry:
    """Put ``file`` (.safetensors, or .pth/.pt of tensors only) into the store as weights of ``backbone``.

    ``size`` is in pixels, ``mean``/``std`` are R, G, B for pixels in [0, 1]. What is not given comes from the
    JSON beside the file, else from the standard weights of that backbone. Raises ``WeightsError``: damaged,
    holds code, does not fit (both sides are printed); ``UsageError``: unknown backbone, taken name.
    """
    data = _read(file)
    sidecar = read_sidecar(file, sha256_bytes(data))
    base, options = _network(file, backbone, sidecar, pad_type)
    spelled = join_name(base, options)
    label = check_entry_name(name or sidecar.name or _default_name(base, options))  # before the slow part
    body = seeded_body(spelled)
    state = read_state(data, file.name, doing=f"importing {file.name}")
    report = _fit(body, state, spelled, file.name)
    preprocessing = _preprocessing(spelled, _Given(size, mean, std, interpolation), sidecar)
    measured = measure(spelled, preprocessing.size)
    stored = safetensors.torch.save({key: value.contiguous().clone() for key, value in body.state_dict().items()})
    entry = WeightsEntry(
        name=label,
        backbone=base,
        options=options,
        **asdict(measured),
        **asdict(preprocessing),
        licence=licence if licence != "unknown" else sidecar.licence or "unknown",
        trained_on=trained_on or sidecar.training_data or "unknown",
        origin=origin or sidecar.origin or "imported from a local file",
        source_file=file.name,
        source_sha256=sha256_bytes(data),
        sha256=sha256_bytes(stored),
        transferred=report.transferred,
        not_transferred=report.left_out,
    )
    return add_entry(home, entry, stored, overwrite=overwrite)


@dataclass(frozen=True)
class _Preprocessing:
    size: int
    mean: Triple
    std: Triple
    interpolation: str


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"importing {file}: {error.strerror}; give a file of weights that can be read") from error


def _network(file: Path, backbone: str | None, sidecar: Sidecar, pad_type: str | None) -> tuple[str, dict[str, Option]]:
    """The backbone's name and options, from the user and the sidecar, which must agree on the network."""
    described = sidecar.architecture.timm_name
    if backbone is None and described is None:
        raise UsageError(f"importing {file.name}: which network it fits is not known; give `--backbone NAME`")
    base, options = split_name(backbone or described or "")
    if described and architecture(described) != architecture(base):
        raise UsageError(
            f"importing {file.name} as {base!r}: the JSON beside it says {described!r}; leave --backbone out or mend it"
        )
    if described:
        options = {**sidecar.architecture.timm_kwargs, **options}
    if pad_type is not None:
        options["pad_type"] = pad_type
    return base, options


def _default_name(base: str, options: Mapping[str, Option]) -> str:
    """``torchvision-resnet18``, ``resnet50.a1_in1k``, ``mobilenetv2_100-same``."""
    return "-".join([base.replace("/", "-"), *(str(options[key]) for key in sorted(options))])


def _fit(body: nn.Module, state: dict[str, Tensor], spelled: str, file: str) -> LoadReport:
    """Strict load; a file in the network's older spelling is first renamed by the library's own rule."""
    heads = family_of(spelled).head_prefixes(spelled, body)
    doing = f"importing {file} as {spelled}"
    renamed = {_dense(key): value for key, value in state.items()}
    try:
        return load_strictly(body, renamed, heads=heads, doing=doing)
    except WeightsError:
        # timm keeps, beside some networks, the rule from their publishers' keys to its own.
        rule = getattr(sys.modules[type(body).__module__], "checkpoint_filter_fn", None)
        if rule is None or set(body.state_dict()) <= set(renamed):
            raise
        try:
            converted = dict(rule(dict(renamed), body))
        except (KeyError, ValueError, TypeError, AttributeError, RuntimeError, IndexError):
            converted = {}
        if not set(body.state_dict()) <= set(converted):
            raise
    return load_strictly(body, converted, heads=heads, doing=doing)


def _dense(key: str) -> str:
    """DenseNet's keys in torchvision's own old files: ``denselayer1.norm.1`` is ``denselayer1.norm1``."""
    if "denselayer" not in key:
        return key
    for part in ("norm", "conv", "relu"):
        key = key.replace(f".{part}.1.", f".{part}1.").replace(f".{part}.2.", f".{part}2.")
    return key


def _preprocessing(spelled: str, given: _Given, sidecar: Sidecar) -> _Preprocessing:
    """The first of: the user's word, the sidecar, the backbone's standard."""
    standard = family_of(spelled).default_preprocessing(spelled)
    described = sidecar.input
    chosen = _Preprocessing(
        given.size or described.size or standard["size"],
        given.mean or described.mean or standard["mean"],
        given.std or described.std or standard["std"],
        given.interpolation or described.interpolation or standard["interpolation"],
    )
    if min(chosen.std) <= 0 or chosen.size < 1:
        raise UsageError(f"importing as {spelled}: size {chosen.size} and std {chosen.std} must be positive")
    return chosen

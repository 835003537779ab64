"""From the network and the part of a checkpoint that was chosen to the transfer table, and to the weights it gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from medgraft.source.backbones.stem import spread_stem
from medgraft.source.weights.conventions.catalogue import CONVENTIONS
from medgraft.source.weights.matching import Part, Wanted
from medgraft.source.weights.transfer_table import Status, TransferRow, TransferTable

__all__ = ["Tabulated", "converted_table", "tabulate"]

_COUNTER = "num_batches_tracked"
_UNKNOWN: tuple[Status, str] = ("unexpected", "the network has no such tensor")
_RULE = "renamed by timm's own rule for this network"
_MADE = "made by timm's own rule for this network"
_TAKEN = "taken apart or left out by timm's own rule for this network"
_SPREAD = "a first convolution on one channel: a third of it on each of three"


@dataclass(frozen=True)
class Tabulated:
    """The table; what the network is loaded with, where the table has no problem; ``one_channel``: the file's first
    convolution takes one channel."""

    table: TransferTable
    state: dict[str, Tensor]
    one_channel: bool


def tabulate(part: Part, wanted: Wanted, *, named: str | None = None, asked: str | None = None) -> Tabulated:
    """Every tensor of both sides with what becomes of it. ``named``: a convention that the user named; ``asked``: a
    step that the user asked for, so that what is beside it is left out by that word."""
    conventions = (*part.conventions, *(() if named is None or named in part.conventions else (named,)))
    state, rows, adapted = part.state, [], False
    loaded: dict[str, Tensor] = {}
    for key, target in wanted.state.items():
        given = state.get(key)
        status, reason = _judged(key, given, wanted, part)
        adapted |= status == "adapted"
        if given is not None:
            loaded[key] = spread_stem(given) if status == "adapted" else given
        rows.append(_row(key, part.names.get(key), target, given, status, reason))
    rows += _leftovers(part, wanted, conventions, asked)
    return Tabulated(TransferTable(steps=part.steps, conventions=conventions, rows=tuple(rows)), loaded, adapted)


def converted_table(part: Part, wanted: Wanted, converted: dict[str, Tensor]) -> Tabulated:
    """The table where the library that makes the network has its own rule, which gave ``converted``. A tensor that the
    rule handed on is known by its identity; what it took apart, or away, is told too."""
    origin = {id(part.tensors[name]): name for name in part.names.values()}
    names = {key: origin[id(given)] for key, given in converted.items() if id(given) in origin}
    found = tabulate(Part(converted, {key: key for key in converted}), wanted)
    rows = []
    for row in found.table.rows:
        name = names.get(row.source_key or "")
        change: dict[str, object] = {"source_key": name or row.source_key}
        if row.status == "transferred":
            change |= {"reason": _RULE} if name else {"source_key": None, "status": "adapted", "reason": _MADE}
        rows.append(row.model_copy(update=change))
    for name in sorted(set(part.names.values()) - set(names.values())):
        rows.append(_row(None, name, None, part.tensors[name], "left out", _TAKEN))
    table = TransferTable(steps=part.steps, conventions=(*part.conventions, "timm"), rows=tuple(rows))
    return Tabulated(table, found.state, found.one_channel)


def _row(
    key: str | None, name: str | None, target: Tensor | None, given: Tensor | None, status: Status, reason: str
) -> TransferRow:
    return TransferRow(
        key=key,
        source_key=name,
        shape=None if target is None else tuple(target.shape),
        source_shape=None if given is None else tuple(given.shape),
        status=status,
        reason=reason,
    )


def _judged(key: str, given: Tensor | None, wanted: Wanted, part: Part) -> tuple[Status, str]:
    """What becomes of one tensor of the network."""
    if given is None:
        if key.endswith(_COUNTER):
            return "filled", "a counter of batches, which no prediction reads, is absent: zero"
        return "missing", "the file has no tensor of this name"
    if not wanted.fits(key, given):
        return "shape mismatch", _difference(key, given, wanted)
    if not bool(torch.isfinite(given).all()):
        return "not finite", "values that are not finite"
    if given.shape != wanted.state[key].shape:
        return "adapted", _SPREAD
    without = f", without {'/'.join(part.steps)}" if part.steps else ""
    return "transferred", f"name and shape agree{without}"


def _difference(key: str, given: Tensor, wanted: Wanted) -> str:
    """Why two shapes or kinds do not agree."""
    target = wanted.state[key]
    if given.is_floating_point() != target.is_floating_point():
        kinds = [str(item.dtype).removeprefix("torch.") for item in (given, target)]
        return f"{kinds[0]} where {kinds[1]} is needed"
    if given.ndim == 5 and target.ndim == 4:
        return "a 3-D kernel, and the network is 2-D"
    if given.ndim != target.ndim:
        return f"{given.ndim} axes where {target.ndim} are needed"
    if key == wanted.stem and given.shape[0] == target.shape[0] and given.shape[2:] == target.shape[2:]:
        return f"a first convolution on {given.shape[1]} channels; 1 or 3 can be transferred"
    return "another width"


def _leftovers(part: Part, wanted: Wanted, conventions: tuple[str, ...], asked: str | None) -> Iterator[TransferRow]:
    """What is in the file only, by the file's name: parts of the source task, and what nobody knows."""
    inside = {name: (now, "") for now, name in part.names.items() if now not in wanted.state}
    for name, (now, step) in sorted({**part.beside, **inside}.items()):
        status, reason = _left(now, wanted, conventions)
        if status == "unexpected" and asked is not None and step == asked:
            status, reason = "left out", "outside of the part that was asked for"
        yield _row(None, name, None, part.tensors[name], status, reason)


def _left(now: str, wanted: Wanted, conventions: tuple[str, ...]) -> tuple[Status, str]:
    if any(now == head or now.startswith(head + ".") for head in wanted.heads):
        return "source head", "the source task's head"
    for convention in conventions:
        for start, what in CONVENTIONS.get(convention).beside if convention in CONVENTIONS else ():
            if now.startswith(start):
                return "source head", what
    return _UNKNOWN

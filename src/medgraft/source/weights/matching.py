"""Which part of a checkpoint is the network, under which of the field's conventions: by names and by shapes.

Containers, prefixes and spellings of the registered conventions are taken off in every order that the names allow, up
to a few steps. A part fits if every tensor of the network is found in it in its shape (a first convolution on one
channel fits one on three). None that fits: the nearest is told. Two that fit, with different values: an error that
names both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from medgraft.errors import WeightsError
from medgraft.source.weights.conventions.catalogue import CONVENTIONS

__all__ = ["Part", "Wanted", "choose_part"]

_DEPTH = 5
_COUNTER = "num_batches_tracked"
_BY_USER = "named by the user"


@dataclass(frozen=True)
class Wanted:
    """The network's side: its state dict, the name of its first convolution's weight where that can be adapted, and
    the modules of the source's head."""

    state: Mapping[str, Tensor]
    stem: str | None = None
    heads: tuple[str, ...] = ()

    def one_channel(self, key: str, given: Tensor) -> bool:
        """Whether ``given`` is a first convolution for one channel where the network's takes three."""
        shape = self.state[key].shape
        return key == self.stem and given.shape == (shape[0], 1, *shape[2:])

    def fits(self, key: str, given: Tensor) -> bool:
        """Whether the network's tensor ``key`` can be had of ``given``."""
        wanted = self.state[key]
        same_kind = given.is_floating_point() == wanted.is_floating_point()
        return same_kind and (given.shape == wanted.shape or self.one_channel(key, given))


@dataclass(frozen=True)
class Part:
    """Tensors of the file by the names they have once ``steps`` are taken off. ``names``: name now → name in the file;
    ``beside``: name in the file → its name when it fell beside a prefix, and that prefix."""

    tensors: Mapping[str, Tensor] = field(repr=False)
    names: Mapping[str, str]
    steps: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    beside: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def state(self) -> dict[str, Tensor]:
        """Tensors by the names they have now."""
        return {now: self.tensors[name] for now, name in self.names.items()}

    def under(self, step: str, convention: str, names: Mapping[str, str]) -> Part:
        """The same after one more step."""
        kept = set(names.values())
        fallen = {name: (now, step) for now, name in self.names.items() if name not in kept}
        conventions = (*self.conventions, *(() if convention in self.conventions else (convention,)))
        return replace(
            self, names=names, steps=(*self.steps, step), conventions=conventions, beside={**self.beside, **fallen}
        )


def choose_part(content: Any, wanted: Wanted, *, part: str | None, doing: str) -> Part:
    """The part of a file's ``content`` that is the network; ``part`` is a step that it must have. Where none fits, the
    nearest, whose faults the table tells. Raises ``WeightsError``: no state dict, no such part, two that fit."""
    found = [item for start in _containers(content, part, doing) for item in _unwrapped(start, part, doing)]
    chosen = [item for item in found if part is None or part in item.steps]
    if not chosen:
        steps = sorted({step for item in found for step in item.steps})
        raise WeightsError(f"{doing}: it has no part {part!r}; found: {', '.join(steps) or 'none'}")
    whole = [item for item in chosen if _score(item, wanted) == len(_needed(wanted))]
    if not whole:
        return max(chosen, key=lambda item: (_score(item, wanted), _shared(item, wanted), -len(item.steps)))
    first = min(whole, key=lambda item: len(item.steps))
    others = [item for item in whole if not _same(first, item, wanted)]
    if others:
        pair = " and ".join(repr("/".join(item.steps) or "no prefix") for item in (first, others[0]))
        example = next(key for key in _needed(wanted) if not _alike(first, others[0], key))
        both = f"{first.names[example]} and {others[0].names[example]}"
        raise WeightsError(
            f"{doing}: two parts of it fit the network, {pair} ({both} differ); say which with `--part NAME`"
        )
    return first


def _needed(wanted: Wanted) -> list[str]:
    return [key for key in wanted.state if not key.endswith(_COUNTER)]


def _score(part: Part, wanted: Wanted) -> int:
    """How many of the network's tensors the part has by name and shape."""
    return sum(key in part.names and wanted.fits(key, part.tensors[part.names[key]]) for key in _needed(wanted))


def _shared(part: Part, wanted: Wanted) -> int:
    """How many it has by name."""
    return sum(key in part.names for key in wanted.state)


def _alike(first: Part, second: Part, key: str) -> bool:
    given, other = (item.tensors[item.names[key]] for item in (first, second))
    return given is other or torch.equal(given, other)


def _same(first: Part, second: Part, wanted: Wanted) -> bool:
    return all(_alike(first, second, key) for key in _needed(wanted))


def _containers(content: Any, part: str | None, doing: str) -> list[Part]:
    """The state dicts inside the containers of training scripts, else the content itself."""
    known = {label: name for name, convention in CONVENTIONS.items() for label in convention.containers}
    if part is not None and isinstance(content, Mapping) and isinstance(content.get(part), Mapping):
        known.setdefault(part, _BY_USER)
    found = list(_inside(content, known, (), ()))
    if found:
        return found
    if not isinstance(content, Mapping) or not content:
        raise WeightsError(f"{doing}: the file holds no state dict (tensors by name); save `model.state_dict()`")
    shown = ", ".join([str(key) for key, value in content.items() if not isinstance(value, Tensor)][:6])
    raise WeightsError(
        f"{doing}: the file holds things that are no named tensors ({shown}); save the state dict, or name the entry "
        "that is one with `--part NAME`"
    )


def _inside(
    content: Any, known: Mapping[str, str], steps: tuple[str, ...], conventions: tuple[str, ...]
) -> Iterator[Part]:
    if not isinstance(content, Mapping) or not content or len(steps) > _DEPTH:
        return
    if all(isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()):
        yield Part(content, {key: key for key in content}, steps, conventions)
        return
    for label, convention in known.items():
        yield from _inside(content.get(label), known, (*steps, label), (*conventions, convention))


def _unwrapped(start: Part, asked: str | None, doing: str) -> list[Part]:
    """``start`` and all that can be had of it by taking off prefixes and spellings, fewest steps first."""
    found, seen = [start], {frozenset(start.names.items())}
    for item in found:
        if len(item.steps) >= _DEPTH + len(start.steps):
            continue
        for after in _one_step(item, asked, doing):
            mark = frozenset(after.names.items())
            if mark not in seen:
                seen.add(mark)
                found.append(after)
    return found


def _one_step(part: Part, asked: str | None, doing: str) -> Iterator[Part]:
    prefixes = {prefix: name for name, convention in CONVENTIONS.items() for prefix in convention.prefixes}
    if asked is not None:
        prefixes.setdefault(f"{asked}.", _BY_USER)
    for prefix, name in prefixes.items():
        inside = {now.removeprefix(prefix): key for now, key in part.names.items() if now.startswith(prefix)}
        if inside:
            yield part.under(prefix.removesuffix("."), name, inside)
    for name, convention in CONVENTIONS.items():
        if convention.renames:
            spelled = [(_respelled(now, convention.renames), key) for now, key in part.names.items()]
            if [now for now, _ in spelled] != list(part.names):
                yield part.under(f"{name} spelling", name, _unique(spelled, doing))


def _respelled(name: str, renames: Sequence[tuple[str, str]]) -> str:
    for pattern, replacement in renames:
        name = re.sub(pattern, replacement, name)
    return name


def _unique(spelled: list[tuple[str, str]], doing: str) -> dict[str, str]:
    """By the new name; two tensors that would get one name are an error."""
    names: dict[str, str] = {}
    for now, key in spelled:
        if now in names:
            raise WeightsError(
                f"{doing}: {names[now]} and {key} are two spellings of {now}, and which is meant is not known; keep one"
            )
        names[now] = key
    return names

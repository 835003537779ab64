"""What the numbers and names in masks mean: the classes of a cohort, by name, and the id that each gets.

Ids are 0 for background and 1 … K in the order of ``names``, whatever the files store. What they store is settled once
over all masks of a cohort, since a class may be absent from any one of them. In this order:

1. what the user says (``--mask-values 0=membrane,255=background``; a name of a folder or of a DICOM segment may stand
   in the place of a value, and ``*`` for all the rest; the class ``background`` is id 0);
2. what a file beside the masks declares: ``dataset.json`` of the Medical Segmentation Decathlon or of nnU-Net,
   ``labels.json`` or ``classes.json``;
3. the masks themselves: one folder or DICOM segment a class; values within {0, 255}: one class, ``foreground``; values
   0 … K, all of them somewhere: the classes ``1`` … ``K``. Single masks with another value are set aside; where more
   than one in ten has one, it is asked for rather than guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ArtifactError, CohortError

__all__ = ["BACKGROUND", "DECLARING", "FOREGROUND", "Holding", "Legend", "declared_names", "settle_legend"]

BACKGROUND, FOREGROUND = "background", "foreground"
DECLARING = ("dataset.json", "labels.json", "classes.json")
"""Files that may declare what values mean, in the order in which they are looked at."""

_REST = "*"
_MOST_CLASSES = 255
_ENOUGH = 0.9
"""Share of the masks that must fit what is read out of them."""
_MOST_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class Holding:
    """What the mask of one case holds: stored whole numbers (0 included), or names of its parts (folders, segments,
    structures). ``digest``: equal for equal content, or "" where it was not decoded."""

    values: frozenset[int] = frozenset()
    parts: frozenset[str] = frozenset()
    digest: str = ""

    @property
    def filled(self) -> bool:
        """Whether it holds anything but zeros."""
        return bool(self.values - {0}) or bool(self.parts)


@dataclass(frozen=True)
class Legend:
    """``names`` of the classes with the ids 1 … K; ``values``: stored value → id; ``parts``: name of a folder, segment
    or structure → id; ``rest``: everything else is background; ``by_folder``: one file a class, named by its folder."""

    names: tuple[str, ...]
    values: Mapping[int, int]
    parts: Mapping[str, int] = field(default_factory=dict)
    rest: bool = False
    by_folder: bool = False

    def fault(self, held: Holding) -> str | None:
        """Why a mask with that content cannot be used, in words that follow "its mask"; ``None`` where it can."""
        if self.rest:
            return None
        odd = [str(value) for value in sorted(held.values - set(self.values))]
        odd += [repr(part) for part in sorted(held.parts - set(self.parts))]
        if not odd:
            return None
        what = "the value" if held.values else "the outline"
        known = ", ".join(str(value) for value in [*sorted(self.values), *sorted(self.parts)][:12])
        return (
            f"holds {what}{'s' if len(odd) > 1 else ''} {', '.join(odd[:5])}{', …' if len(odd) > 5 else ''}, which is "
            f"no class here (known: {known}); correct the mask, or name it with --mask-values"
        )

    def held(self, held: Holding) -> tuple[str, ...]:
        """The names of the classes in a mask, in the order of ids."""
        ids = {self.values.get(value, 0) for value in held.values} | {self.parts.get(part, 0) for part in held.parts}
        return tuple(self.names[one - 1] for one in sorted(ids) if one)

    def ids(self, values: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
        """Stored values (any shape) → ids; values that are not known become background (see ``fault``)."""
        ids = np.zeros(values.shape, dtype=np.uint8)
        for value, one in self.values.items():
            if one:
                ids[values == value] = one
        return ids

    def to_json(self) -> dict[str, Any]:
        """Plain data, for ``restore``."""
        return {
            "names": list(self.names),
            "values": {str(value): one for value, one in sorted(self.values.items())},
            "parts": dict(sorted(self.parts.items())),
            "rest": self.rest,
            "by_folder": self.by_folder,
        }

    @classmethod
    def restore(cls, content: Mapping[str, Any]) -> Legend:
        """What ``to_json`` gave. Raises ``ArtifactError`` for anything else."""
        try:
            legend = cls(
                tuple(str(name) for name in content["names"]),
                {int(value): int(one) for value, one in content["values"].items()},
                {str(part): int(one) for part, one in content["parts"].items()},
                bool(content["rest"]),
                bool(content["by_folder"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ArtifactError("reading a legend of masks: it is damaged or of another version; fit again") from error
        ids = {*legend.values.values(), *legend.parts.values()}
        if not all(0 <= one <= len(legend.names) for one in ids):
            raise ArtifactError("reading a legend of masks: it refers to a class that it does not name; fit again")
        return legend


def settle_legend(
    held: Sequence[Holding],
    *,
    given: Mapping[str, str] | None = None,
    declared: Mapping[int, str] | None = None,
    by_folder: bool = False,
) -> Legend:
    """The legend of masks that hold ``held``. ``given``: by the user; ``declared``: by a file (``declared_names``).

    Raises ``CohortError`` where what they hold is no answer.
    """
    parts = sorted(set().union(*(one.parts for one in held)))
    if given:
        return _given(given, by_folder)
    if declared is not None:
        return _of(dict(declared), {name: name for name in declared.values()}, by_folder)
    valued = [one for one in held if one.values]
    if parts and any(one.values - {0} for one in valued):
        raise CohortError(
            "reading masks: some hold numbers and others named outlines; say which of them are one class, as in "
            f"--mask-values 1=tumour,{parts[0]}=tumour"
        )
    if parts:
        return _of({0: BACKGROUND}, {part: part for part in parts if part.lower() != BACKGROUND}, by_folder)
    return _read_off(valued, by_folder)


def declared_names(path: Path) -> dict[int, str] | None:
    """Value → class name as a file beside the masks says; ``None`` where it says nothing of the kind.

    Understood: ``{"labels": {"0": "background", "1": "liver"}}`` (Decathlon), ``{"labels": {"background": 0, "liver":
    1}}`` (nnU-Net), the same without ``labels`` around it, and a list of names (from 0 if its first is background, else
    from 1).
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if isinstance(content, dict) and isinstance(content.get("labels"), dict | list):
        content = content["labels"]
    if isinstance(content, list) and content and all(isinstance(name, str) and name.strip() for name in content):
        first = 0 if content[0].strip().lower() == BACKGROUND else 1
        names = {number: name.strip() for number, name in enumerate(content, start=first)}
        return {0: BACKGROUND, **names} if first else names
    return _pairs(content) if isinstance(content, dict) else None


def _pairs(content: Mapping[str, Any]) -> dict[int, str] | None:
    """``{"1": "liver"}`` or ``{"liver": 1}``."""
    names: dict[int, str] = {}
    for key, value in content.items():
        number, name = (key, value) if isinstance(value, str) else (value, key)
        whole = _whole(number)
        if whole is None or not isinstance(name, str) or not name.strip() or whole in names:
            return None
        names[whole] = name.strip()
    return dict(sorted(names.items())) or None


def _whole(value: object) -> int | None:
    """A whole number, also as text; truth values are none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _given(given: Mapping[str, str], by_folder: bool) -> Legend:
    """As the user says."""
    values, parts, rest = {}, {}, False
    for key, name in given.items():
        whole = _whole(key.strip())
        if key.strip() == _REST:
            rest = name.strip().lower() == BACKGROUND
            if not rest:
                raise CohortError(f"--mask-values *={name}: the rest can be background only; name each class by itself")
        elif whole is not None:
            values[whole] = name.strip()
        else:
            parts[key.strip()] = name.strip()
    return _of(values, parts, by_folder, rest)


def _of(values: Mapping[int, str], parts: Mapping[str, str], by_folder: bool, rest: bool = False) -> Legend:
    """The legend where each value and part has a name; 0 is background unless that is said of another value."""
    if 0 not in values and not any(_is_background(name) for name in values.values()):
        values = {0: BACKGROUND, **values}
    names = tuple(dict.fromkeys(name for name in (*values.values(), *parts.values()) if not _is_background(name)))
    if not names:
        raise CohortError("reading masks: no class is named but background; name one, as in --mask-values 255=lesion")
    if len(names) > _MOST_CLASSES:
        raise CohortError(f"reading masks: {len(names)} classes are named; at most {_MOST_CLASSES} can be learned")
    ids = {name: number for number, name in enumerate(names, start=1)}
    return Legend(
        names,
        {value: ids.get(name, 0) for value, name in values.items()},
        {part: ids.get(name, 0) for part, name in parts.items()},
        rest,
        by_folder,
    )


def _is_background(name: str) -> bool:
    return name.lower() == BACKGROUND


def _read_off(held: Sequence[Holding], by_folder: bool) -> Legend:
    """From the values alone: {0, 255}, or 0 … K."""
    found = set().union(*(one.values for one in held))
    top = 0
    while top + 1 in found and top < _MOST_CLASSES:
        top += 1
    two, counted = {0, 255}, set(range(top + 1))
    share = {name: _share(held, fitting) for name, fitting in (("two", two), ("counted", counted))}
    if share["two"] == 1.0 or (share["two"] >= _ENOUGH and share["two"] >= share["counted"]):
        return _of({0: BACKGROUND, 255: FOREGROUND}, {}, by_folder)
    if top and share["counted"] >= _ENOUGH:
        return _of({0: BACKGROUND, **{value: str(value) for value in range(1, top + 1)}}, {}, by_folder)
    shown = ", ".join(str(value) for value in sorted(found)[:12])
    raise CohortError(
        f"reading masks: they hold the values {shown}{', …' if len(found) > 12 else ''}, which are neither 0 and 255 "
        "nor 0 to the number of classes; say what each means, as in --mask-values 0=background,128=vessel"
    )


def _share(held: Iterable[Holding], fitting: set[int]) -> float:
    """Of the masks, those with no other values; one where there is no mask."""
    fits = [one.values <= fitting for one in held]
    return sum(fits) / len(fits) if fits else 1.0

"""Pictures that are empty, tiny, nearly black or white, badly scaled, or of mixed kinds.

Each finding is ``{"finding", "count", "cases" (at most 20), "text"}``. A finding is something to look at, no
proof: a chest film may be nearly black and right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

from medgraft.data.imaging.facts import PixelFacts
from medgraft.insight.audit.check import CHECKS, Material

__all__ = ["pixel_findings"]

_MOST_CASES = 20
_TINY = 32
_DARK, _BRIGHT = 0.02, 0.98
_SMALL_RANGE = 0.25
_EIGHT_BITS = 255


def _is_constant(facts: PixelFacts) -> bool:
    return facts.minimum == facts.maximum


def _uses_small_range(facts: PixelFacts) -> bool:
    """Deeper than 8 bits, and all values within a quarter of what the encoding declares."""
    declared, used = facts.high - facts.low, facts.maximum - facts.minimum
    return declared > _EIGHT_BITS and 0 < used < _SMALL_RANGE * declared


_SINGLE: tuple[tuple[str, Callable[[PixelFacts], bool], str], ...] = (
    ("constant-images", _is_constant, "{n} pictures have one value everywhere and show nothing"),
    (
        "tiny-images",
        lambda facts: min(facts.height, facts.width) < _TINY,
        f"{{n}} pictures have fewer than {_TINY} rows or columns",
    ),
    (
        "nearly-black",
        lambda facts: facts.mean < _DARK and not _is_constant(facts),
        f"{{n}} pictures are nearly black (mean below {_DARK:.0%} of the declared range)",
    ),
    (
        "nearly-white",
        lambda facts: facts.mean > _BRIGHT and not _is_constant(facts),
        f"{{n}} pictures are nearly white (mean above {_BRIGHT:.0%} of the declared range)",
    ),
    (
        "uses-small-range",
        _uses_small_range,
        (
            f"{{n}} pictures deeper than 8 bits use less than {_SMALL_RANGE:.0%} of their declared range "
            "and have little contrast; consider --intensity percentile"
        ),
    ),
)

_MIXED: tuple[tuple[str, Callable[[PixelFacts], Hashable], str], ...] = (
    ("mixed-channels", lambda facts: facts.channels, "channels"),
    ("mixed-sizes", lambda facts: (facts.height, facts.width), "sizes"),
    ("mixed-depths", lambda facts: str(facts.dtype), "pixel types"),
    ("mixed-modalities", lambda facts: str(facts.modality), "modalities"),
)


@CHECKS.register("pixels")
def pixel_findings(material: Material) -> dict[str, list[Any]]:
    """``pixels``: what the pixel facts show, one entry a finding."""
    cases = material.cases()
    findings = []
    for name, holds, text in _SINGLE:
        found = [case for case in cases if holds(material.facts[case])]
        if found:
            findings.append(_finding(name, found, text.format(n=len(found))))
    for name, kind, what in _MIXED:
        kinds = {case: kind(material.facts[case]) for case in cases}
        counts = Counter(kinds.values())
        if len(counts) > 1:
            usual = counts.most_common(1)[0][0]
            rare = [case for case in cases if kinds[case] != usual]
            shown = ", ".join(f"{_shown(value)}: {count}" for value, count in counts.most_common(5))
            more = ", …" if len(counts) > 5 else ""
            text = (
                f"the pictures have {len(counts)} {what} ({shown}{more}); if they go with the label, they give it away"
            )
            findings.append(_finding(name, rare, text))
    return {"pixels": [*findings, *_of_volumes(material, cases)]}


def _of_volumes(material: Material, cases: list[str]) -> list[dict[str, Any]]:
    """What the reader found odd about volumes: one entry a sentence, the commonest first."""
    groups: dict[str, list[str]] = {}
    for case in cases:
        for text in material.facts[case].findings:
            groups.setdefault(text, []).append(case)
    common = sorted(groups.items(), key=lambda item: -len(item[1]))[:_MOST_CASES]
    return [_finding("odd-volume", found, f"{_volumes(len(found))}: {text}") for text, found in common]


def _volumes(count: int) -> str:
    return "1 volume" if count == 1 else f"{count} volumes"


def _finding(name: str, cases: list[str], text: str) -> dict[str, Any]:
    return {"finding": name, "count": len(cases), "cases": cases[:_MOST_CASES], "text": text}


def _shown(value: Hashable) -> str:
    return " × ".join(map(str, value)) if isinstance(value, tuple) else str(value)

"""Privacy: which kinds of identifying entries the files hold, and in how many cases. No value, no path.

It is a warning to those who hand data on: medgraft itself takes none of these entries out of a file.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from medgraft.insight.audit.check import CHECKS, Material

__all__ = ["privacy"]

_MOST_CASES = 20
_WRITING = 0.004
_WRITING_TEXT = "burned-in writing"


@CHECKS.register("privacy")
def privacy(material: Material) -> dict[str, list[Any]]:
    """``privacy``: ``{"finding", "count", "cases" (at most 20), "text"}``, one entry a kind."""
    cases_of: dict[str, list[str]] = defaultdict(list)
    for case, kinds in material.identifiers.items():
        for kind in kinds:
            cases_of[kind].append(case)
    entries = [
        _entry(kind, cases, f"{len(cases)} files hold {kind}: check before you hand them on")
        for kind, cases in sorted(cases_of.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    written = [case for case in material.cases() if material.facts[case].writing > _WRITING]
    if written:
        text = f"{len(written)} pictures look as if characters were burned in: they may name a patient"
        entries.append(_entry(_WRITING_TEXT, written, text))
    return {"privacy": entries}


def _entry(finding: str, cases: list[str], text: str) -> dict[str, Any]:
    return {"finding": finding, "count": len(cases), "cases": cases[:_MOST_CASES], "text": text}

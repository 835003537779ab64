"""Rows that name the same file twice: the same said again is dropped, a contradiction is set aside.

What is set aside is every row of that file: which of them is right is not ours to choose.
"""

from __future__ import annotations

from dataclasses import replace

from medgraft.data.cohort.resolver import Draft

__all__ = ["settle_repeats"]


def settle_repeats(drafts: list[Draft]) -> tuple[list[Draft], int]:
    """Drafts with one row a file, and how many identical rows were dropped.

    Rows that contradict each other become one draft whose problem names the rows and what differs.
    """
    by_file: dict[tuple[str, str], list[Draft]] = {}
    for draft in drafts:
        key = (str(draft.path), draft.member)
        if draft.problem is not None:
            key = (f"{draft.path}\x00{draft.row}\x00{draft.problem}", draft.member)
        by_file.setdefault(key, []).append(draft)
    settled, dropped = [], 0
    for same in by_file.values():
        difference = _difference(same)
        if difference is not None:
            rows = " and ".join(str(draft.row) for draft in same[:5])
            settled.append(replace(same[0], problem=f"rows {rows} name the same file with different {difference}"))
        else:
            settled.append(same[0])
            dropped += len(same) - 1
    return settled, dropped


def _difference(same: list[Draft]) -> str | None:
    """What the rows of one file disagree about."""
    for what in ("label", "patient", "site", "split", "masks"):
        values = {getattr(draft, what) for draft in same}
        if len(values) > 1:
            labels = f" ({', '.join(repr(value) for value in sorted(map(str, values)))})" if what == "label" else ""
            return f"{what.removesuffix('s')}s{labels}"
    return None

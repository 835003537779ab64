"""Rows that name one file twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from medgraft.data.cohort.repeats import settle_repeats
from medgraft.data.cohort.resolver import Draft


def test_the_same_again_is_dropped() -> None:
    drafts = [Draft(Path("x"), label="a", row=row) for row in (2, 3, 4)]
    assert settle_repeats(drafts) == (drafts[:1], 2)


@pytest.mark.parametrize("what", ["label", "patient", "site", "split"])
def test_contradictions_are_set_aside(what: str) -> None:
    drafts = [Draft(Path("x"), row=2, **{what: "secret"}), Draft(Path("x"), row=9)]
    (draft,), dropped = settle_repeats(drafts)
    assert dropped == 0
    assert draft.problem is not None
    assert draft.problem.startswith(f"rows 2 and 9 name the same file with different {what}s")
    assert ("secret" in draft.problem) == (what == "label")


def test_one_picture_with_two_masks_is_a_contradiction() -> None:
    drafts = [Draft(Path("x"), row=row, masks=(Path(name),)) for row, name in ((2, "a"), (3, "b"))]
    (draft,), _ = settle_repeats(drafts)
    assert draft.problem == "rows 2 and 3 name the same file with different masks"

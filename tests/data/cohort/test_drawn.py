"""What was placed becomes cases, and what was not is counted."""

from __future__ import annotations

from pathlib import Path

from medgraft.data.cohort.drawn import drawn_cases
from medgraft.data.outlines.boxes import Box, Boxes
from medgraft.data.outlines.placing import Placed, SetAside

A, B, C = Path("/d/a.png"), Path("/d/b.png"), Path("/d/c.png")
BOXES = Boxes((Box("cell", 0, 0, 2, 2),), (8, 10))


def test_all_ways_that_a_picture_can_go() -> None:
    placed = Placed(
        {A: BOXES, B: Boxes()},
        left_out=(SetAside(Path("/d/a.xml"), 1, "box 2 (cell) has no area"),),
        set_aside=(SetAside(Path("/d/x.xml"), 1, "its picture is not there"),),
    )
    found = drawn_cases(
        placed, pictures=[A, B, C], kind="boxes", base=Path("/d"), split_of={A: "train"}.get, unclear=[A]
    )
    assert [(draft.path, draft.split, draft.problem) for draft in found.drafts] == [
        (A, "train", "two parts of the split name it; keep one"),
        (Path("/d/x.xml"), None, "its picture is not there"),
    ]
    assert found.drafts[0].boxes is not None
    assert found.drafts[0].boxes.rows == BOXES.rows
    assert found.notes == (
        "1 pictures have no annotation that can be used and are left out",
        "1 annotated pictures are in no part of the split and are left out",
        "1 boxes outline nothing and are left out (the first: box 2 (cell) has no area)",
    )
    assert found.kind == "boxes, 1 pictures, with their split"

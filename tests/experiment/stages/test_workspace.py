"""What the stages share: times add up, parts belong to rows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from medgraft.experiment.stages.workspace import Workspace, pictures_of


def test_pictures_are_rows():
    table = pd.DataFrame({"path": ["/a.png", "/b.npz"], "member": ["", "train_images/3"], "sha256": ["x", "y"]})
    first, second = pictures_of(table)
    assert (first.path, first.member, first.sha256) == (Path("/a.png"), "", "x")
    assert second.member == "train_images/3"


def test_times_of_a_stage_add_up():
    work = SimpleNamespace(seconds={})
    for _ in range(2):
        with Workspace.timed(work, "head"):
            pass
    assert set(work.seconds) == {"head"}
    assert work.seconds["head"] >= 0


def test_parts_belong_to_rows():
    split = SimpleNamespace(part_of=lambda: {"a": "train", "c": "test"})
    work = SimpleNamespace(split=split, cohort=SimpleNamespace(table=pd.DataFrame({"case_id": ["a", "b", "c"]})))
    assert Workspace.parts(work) == ["train", None, "test"]

from __future__ import annotations

import pandas as pd
import pytest

from medgraft.errors import ArtifactError
from medgraft.use.report.outlines.overlays import outline_keys, outline_stacks
from medgraft.use.report.outlines.run import read_outlines


def test_the_best_the_middle_and_the_worst_with_all_slices(outlined_session):
    run = read_outlines(outlined_session)
    stacks = outline_stacks(run, outlined_session, budget=10**7)
    assert [stack.title for stack in stacks] == ["The best", "In the middle", "The worst"]
    assert [layer.name for layer in stacks[0].layers] == ["slice 3", "slice 4", "slice 5"]
    assert stacks[0].layers[0].source.startswith("data:image/jpeg;base64,")
    assert (stacks[0].layers[0].width, stacks[0].layers[0].height) == (32, 32)
    lines = stacks[0].layers[-1].lines
    assert [(line.title, line.dashed) for line in lines] == [
        ("head, predicted", False),
        ("tail, predicted", False),
        ("head, true", True),
        ("tail, true", True),
    ]
    dice = run.judged.groupby("case_id")["dice"].mean()
    assert stacks[0].case_id == dice.idxmax() and "predicted" in stacks[0].text[0]
    assert not [line for layer in stacks[2].layers for line in layer.lines if not line.dashed]


def test_a_volume_that_is_too_large_is_thinned(fabricate_outlines):
    folder = fabricate_outlines(n=6, slices=8)
    run = read_outlines(folder)
    every = outline_stacks(run, folder, budget=10**7)
    size = sum(len(layer.source) for stack in every for layer in stack.layers)
    fewer = outline_stacks(run, folder, budget=size // 3)
    assert len(fewer) == 3 and all(0 < len(stack.layers) < 8 for stack in fewer)
    assert "of 8 slices" in fewer[0].note and fewer[0].start < len(fewer[0].layers)
    assert outline_stacks(run, folder, budget=10) == []


def test_one_picture_has_no_number(fabricate_outlines):
    folder = fabricate_outlines(n=4, slices=1, labels=("lesion",))
    run = read_outlines(folder)
    assert outline_stacks(run, folder, budget=10**6)[0].layers[0].name == ""
    truth, called = outline_keys(run)
    assert truth.dashed and not called.dashed and truth.colour != called.colour


def test_nothing_stored_and_damage(fabricate_outlines):
    folder = fabricate_outlines(n=4)
    run = read_outlines(folder)
    path = folder / "private" / "overlays.parquet"
    table = pd.read_parquet(path)
    table.assign(kind="slice").to_parquet(path)
    assert outline_stacks(run, folder, budget=10**6)[0].title == "Another case"
    table.assign(truth_png=b"no picture").to_parquet(path)
    with pytest.raises(ArtifactError, match="no picture"):
        outline_stacks(run, folder, budget=10**6)
    path.unlink()
    assert outline_stacks(run, folder, budget=10**6) == []

from __future__ import annotations

import pandas as pd
import pytest

from medgraft.errors import ArtifactError
from medgraft.use.report.outlines.run import read_outlines


def test_reads_a_whole_run(outlined_session):
    run = read_outlines(outlined_session)
    assert run.base.labels == ("head", "tail") and run.base.main == "test" and run.size_unit == "mL"
    assert len(run.judged) == 36 and run.size_word == "volume" and run.meta["spacing_known"]


def test_drawing_nothing_is_right_only_where_there_is_nothing(outlined_session):
    """One of 18 cases has no head, all have a tail."""
    run = read_outlines(outlined_session)
    assert run.trivial("test") == pytest.approx((1 / 18 + 0) / 2) and run.trivial("val") is None


@pytest.mark.parametrize(
    ("stored", "shown", "word"), [("pixels", "pixels", "area"), ("mm²", "mm²", "area"), ("voxels", "voxels", "volume")]
)
def test_sizes_have_the_unit_of_the_table(fabricate_outlines, stored, shown, word):
    folder = fabricate_outlines(n=4)
    table = pd.read_parquet(folder / "outlines.parquet").assign(size_unit=stored)
    table.to_parquet(folder / "outlines.parquet")
    run = read_outlines(folder)
    assert (run.size_unit, run.size_word) == (shown, word)


def test_what_is_missing_is_named(fabricate_outlines):
    folder = fabricate_outlines(n=4)
    pd.read_parquet(folder / "outlines.parquet").drop(columns="dice").to_parquet(folder / "outlines.parquet")
    with pytest.raises(ArtifactError, match="column dice is missing"):
        read_outlines(folder)
    (folder / "outlines.parquet").unlink()
    with pytest.raises(ArtifactError, match=r"outlines\.parquet is missing"):
        read_outlines(folder)

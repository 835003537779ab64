"""Every kind of thing that can be given to an answering verb becomes cases, and nothing is lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import CohortError, UsageError
from medgraft.experiment.stages.given_files import read_given
from medgraft.home import Home
from medgraft.progress import Progress


@pytest.fixture
def read(tmp_path):
    """``read_given`` in a house of its own."""

    def reading(*files, options=None):
        home = Home.find(tmp_path / "home")
        return read_given(files, options or CohortOptions(), home, ImageReader(), Progress())

    return reading


@pytest.fixture
def pictures(tmp_path):
    """Three different ones, in a folder."""
    (tmp_path / "pictures").mkdir()
    files = [tmp_path / "pictures" / f"{number}.png" for number in range(3)]
    for number, file in enumerate(files):
        Image.fromarray(np.full((8, 9), 20 * number, np.uint8)).save(file)
    return files


def names(given):
    return [path.rpartition("/")[2] for path in given.table["path"]]


def test_files_and_folders(read, pictures):
    assert names(read(*pictures[:2])) == ["0.png", "1.png"]
    assert names(read(pictures[0].parent)) == ["0.png", "1.png", "2.png"]
    assert sorted(names(read(pictures[1], pictures[0].parent))) == ["0.png", "1.png", "1.png", "2.png"]


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_a_table_stands_for_the_pictures_that_it_lists(read, pictures, tmp_path, ending):
    frame = pd.DataFrame({"path": [f"pictures/{number}.png" for number in (2, 0, 7)]})
    table = tmp_path / f"cases.{ending}"
    if ending == "parquet":
        frame.to_parquet(table)
    else:
        frame.to_csv(table, index=False, sep="," if ending == "csv" else "\t")
    given = read(table)
    assert names(given) == ["0.png", "2.png"]
    assert [item.path.rpartition("/")[2] for item in given.lost] == ["7.png"] and given.lost[0].reason


def test_an_archive_stands_for_the_pictures_that_it_holds(read, tmp_path):
    stack = np.random.default_rng(0).integers(0, 255, (2, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "some.npz", test_images=stack, test_labels=np.array([[0], [1]]))
    assert read(tmp_path / "some.npz").table["member"].tolist() == ["test_images/0", "test_images/1"]


def test_a_series_is_one_case(read, tmp_path, ct_series, oblique):
    ct_series(tmp_path / "study" / "series", oblique(), (3, 6, 5))
    assert read(tmp_path / "study").table["member"].tolist() == ["*"]


def test_a_file_that_cannot_be_used_has_its_reason(read, pictures, tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    given = read(pictures[0], tmp_path / "empty.png")
    assert len(given.table) == 1 and "empty" in given.lost[0].reason


def test_what_is_no_picture_is_refused(read, tmp_path):
    with pytest.raises(UsageError, match="no such file or folder"):
        read(tmp_path / "nowhere")
    (tmp_path / "cases.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(UsageError, match=r"spreadsheet.*save it as CSV"):
        read(tmp_path / "cases.xlsx")
    (tmp_path / "cases.csv").write_text("path\nnothing.png\n")
    with pytest.raises(CohortError):
        read(tmp_path / "cases.csv")

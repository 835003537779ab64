"""A folder with one DICOM series is one case; everything else stays as many cases as it has files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort
from medgraft.data.cohort.resolver import Draft
from medgraft.data.cohort.series import gather_series
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.twins.volumes import volume_twins
from medgraft.home import Home

SLICES = [Draft(Path(f"/d/nodule/p1/{n}.dcm"), label="nodule") for n in range(5)]


def stack(files: Sequence[Path]) -> bool:
    return True


def test_slices_become_their_folder() -> None:
    other = Draft(Path("/d/clear/film.dcm"), label="clear")
    drafts, series = gather_series([*SLICES, other], stack)
    assert series == 1
    assert [(draft.path.as_posix(), draft.label) for draft in drafts] == [
        ("/d/clear/film.dcm", "clear"),
        ("/d/nodule/p1", "nodule"),
    ]


@pytest.mark.parametrize(
    "drafts",
    [
        SLICES[:2],
        [*SLICES, Draft(Path("/d/nodule/p1/notes.png"), label="nodule")],
        [*SLICES[:-1], replace(SLICES[-1], label="clear")],
        [replace(draft, row=number + 2) for number, draft in enumerate(SLICES)],
    ],
    ids=["two", "a picture among them", "labels differ", "a table names each"],
)
def test_what_is_no_series_is_left_alone(drafts: list[Draft]) -> None:
    assert gather_series(drafts, stack) == (drafts, 0)
    assert gather_series(SLICES, lambda files: False) == (SLICES, 0)


def test_a_cohort_of_series_and_nifti(tmp_path: Path) -> None:
    twins = {twin.name: twin for twin in volume_twins()}
    layout = {"a/one": "series-axial-shuffled", "a/two": "series-sagittal-in-order", "b": "nifti-012-fff"}
    for place, name in layout.items():
        (tmp_path / "d" / place).mkdir(parents=True)
        for file, content in twins[name].files.items():
            (tmp_path / "d" / place / file).write_bytes(content)
    cohort = read_cohort(tmp_path / "d", CohortOptions(), home=Home(tmp_path / "home"), reader=ImageReader())
    assert list(cohort.table["member"]) == ["*"] * 3
    assert list(cohort.table["label"]) == ["a", "a", "b"]
    assert any("2 folders hold one DICOM series" in note for note in cohort.notes)
    renamed = tmp_path / "d" / "a" / "one"
    for number, file in enumerate(sorted(renamed.iterdir(), reverse=True)):
        file.rename(renamed / f"x{number:03d}.dcm")
    again = read_cohort(tmp_path / "d", CohortOptions(), home=Home(tmp_path / "home"), reader=ImageReader())
    assert list(again.table["case_id"]) == list(cohort.table["case_id"])


def test_a_table_may_name_the_folder_of_a_series(tmp_path: Path) -> None:
    twin = next(twin for twin in volume_twins() if twin.name == "series-axial-shuffled")
    for place in ("one", "two", "none"):
        (tmp_path / place).mkdir()
    for file, content in twin.files.items():
        (tmp_path / "one" / file).write_bytes(content)
        (tmp_path / "two" / file).write_bytes(content)
    (tmp_path / "table.csv").write_text("path,label\none,a\ntwo,b\nnone,a\n")
    cohort = read_cohort(tmp_path, CohortOptions(), home=Home(tmp_path / "home"), reader=ImageReader())
    assert list(cohort.table["member"]) == ["*", "*"]
    assert [item.reason for item in cohort.quarantined] == [
        "row 4: the folder holds no DICOM file; give the folder of one series"
    ]

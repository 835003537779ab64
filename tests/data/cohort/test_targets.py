"""Several labels a case: what cells mean, which columns they are, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.folds import assign_parts, folds_for
from medgraft.data.cohort.labels import require_trainable
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort
from medgraft.data.cohort.targets import label_columns, read_answers, targets_of, told
from medgraft.data.imaging.reader import ImageReader
from medgraft.errors import CohortError
from medgraft.home import Home

NAMES = ("effusion", "mass, large")
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A table of six files, with the given cells of two labels a row."""

    def table(cells: str) -> Path:
        rows = [f"{number}.png,p{number},{cell}" for number, cell in enumerate(cells.split())]
        for number in range(len(rows)):
            (tmp_path / f"{number}.png").write_bytes(bytes([number]))
        (tmp_path / "t.csv").write_text("\n".join(['file,patient,effusion,"mass, large"', *rows]), "utf-8")
        return tmp_path

    return table


def read(folder: Path, **options: object) -> Cohort:
    given = CohortOptions.model_validate({"label_col": NAMES, **options})
    return read_cohort(folder, given, home=Home(folder.parent / "home"), reader=ImageReader())


def test_cells_are_yes_no_or_unknown(write: Write) -> None:
    cohort = read(write("1,0 TRUE,no Positive,uncertain 0.0,-1 ,1.0 NaN,-1"))
    assert cohort.classes == NAMES
    assert cohort.multi_label
    wanted = [[1, 0], [1, 0], [1, np.nan], [0, np.nan], [np.nan, 1]]
    np.testing.assert_array_equal(targets_of(cohort.table), wanted)
    assert list(cohort.table["label"]) == [
        *("effusion", "effusion", "effusion, mass, large?", "mass, large?", "effusion?, mass, large")
    ]
    assert cohort.quarantined[0].reason == "row 7: no label"
    np.testing.assert_array_equal(targets_of(cohort.public()), wanted)
    assert told((False, False), NAMES) == "none"


def test_which_columns_are_labels() -> None:
    def found(given: object) -> list[str]:
        options = CohortOptions.model_validate({"label_col": given})
        return label_columns(("a", "b", "c, d"), options, Path("t.csv"))

    assert found("a,b") == found(("a", "b")) == ["a", "b"]
    assert found("c, d") == found("a") == found(None) == []
    assert found(("a,b", "c, d")) == ["a", "b", "c, d"]
    with pytest.raises(CohortError, match=r"'bb' of --label-col is not there.*its columns: a, b, c, d"):
        found("a,bb")
    with pytest.raises(CohortError, match="named, twice"):
        found("a,a")


def test_another_value_is_named_with_file_and_row() -> None:
    with pytest.raises(CohortError, match=r"t\.csv: row 3 of the label 'mass, large' holds '2'; .* 1 or 0"):
        read_answers([["1", "0"], ["0", "2"]], NAMES, (2, 3), Path("t.csv"))


def test_what_cannot_be_learnt_is_refused(write: Write) -> None:
    with pytest.raises(CohortError, match=r"'mass, large' has no positive case \(0 positive, 3 negative, 1 unknown"):
        require_trainable(read(write("1,0 1,0 0,0 0,-1")))
    with pytest.raises(CohortError, match="'effusion' has positive cases of one patient only"):
        require_trainable(read(write("1,0 0,1 0,0 0,1")))
    with pytest.raises(CohortError, match="--label-map is about the classes of one label"):
        read(write("1,0 0,1"), label_map={"effusion": "x"})


def test_an_archive_of_several_labels(tmp_path: Path) -> None:
    images, labels = np.zeros((3, 4, 4), np.uint8), np.array([[0, 1], [1, -1], [0, 0]])
    np.savez(tmp_path / "a.npz", train_images=images, train_labels=labels, test_images=images, test_labels=labels * 1.0)
    cohort = read(tmp_path / "a.npz", label_col=None)
    assert cohort.classes == ("0", "1")
    np.testing.assert_array_equal(targets_of(cohort.table), [[0, 1], [1, np.nan], [0, 0]] * 2)
    assert read(tmp_path / "a.npz", label_col="x, y").classes == ("x", "y")
    with pytest.raises(CohortError, match=r"has 2 labels a case, --label-col names 3"):
        read(tmp_path / "a.npz", label_col="x,y,z")
    np.savez(tmp_path / "b.npz", train_images=images, train_labels=labels * 2)
    with pytest.raises(CohortError, match="row 1 of the label '1' holds '2'"):
        read(tmp_path / "b.npz", label_col=None)


def test_parts_hold_their_share_of_each_label() -> None:
    """Labels of 50, 20 and 3 %, a fifth unknown, patients of several cases."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(600), rng.integers(1, 4, 600))
    targets = (rng.random((len(groups), 3)) < (0.5, 0.2, 0.03)).astype(float)
    targets[rng.random(targets.shape) < 0.2] = np.nan
    part = assign_parts(targets, groups, fractions=(0.64, 0.16, 0.2), seed=0)
    assert all(len(np.unique(part[groups == group])) == 1 for group in range(600))
    for answer, slack in ((1, 2.0), (0, 8.0)):
        for column in targets.T:
            found = np.bincount(part[column == answer], minlength=3)
            wanted = (column == answer).sum() * np.array([0.64, 0.16, 0.2])
            np.testing.assert_allclose(found, wanted, atol=slack)
    fold = folds_for(np.nan_to_num(targets, nan=-1).astype(np.int64), groups, 5, 0)
    assert fold is not None
    rare = np.bincount(fold[targets[:, 2] == 1], minlength=5)
    assert rare.max() - rare.min() <= 2
    with pytest.raises(CohortError, match=r"class 'no mass' has only 2 independent groups.*leave the label out"):
        assign_parts(
            np.array([[1, 1], [0, 0], [1, 0], [0, 1], [1, 1], [0, 1.0]]),
            np.arange(6),
            fractions=(0.6, 0.2, 0.2),
            seed=0,
            names=("effusion", "mass", "no effusion", "no mass"),
        )

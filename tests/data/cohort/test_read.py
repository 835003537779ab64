"""Reading cohorts: every layout, every bad input, and the real folders where they are."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pydantic
import pytest

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.labels import require_trainable
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort, read_pictures
from medgraft.data.phantom.cohort import write_phantom
from medgraft.errors import CohortError, ReaderError
from medgraft.home import Home

DATA = Path(os.environ.get("MEDGRAFT_TEST_DATA", "../shared/data"))


class _Bytes:
    """A reader that only hashes: no file here is a picture. ``.tif`` files hold two."""

    def sha256(self, path: Path) -> str:
        if path.name == "locked.png":
            raise ReaderError("reading: permission denied")
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def is_stack(self, files: Sequence[Path]) -> bool:
        return False

    def members(self, path: Path) -> list[str]:
        return ["0", "1"] if path.suffix == ".tif" else [""]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Cohort]:
    def _read(data: Path, **options: object) -> Cohort:
        return read_cohort(data, CohortOptions.model_validate(options), home=Home(tmp_path / "home"), reader=_Bytes())

    return _read


@pytest.fixture
def read_files(tmp_path: Path) -> Callable[..., Cohort]:
    def _read(*files: Path) -> Cohort:
        return read_pictures(files, home=Home(tmp_path / "home"), reader=_Bytes())

    return _read


def _put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode("utf-8", "surrogateescape"))
    return folder


def _table(folder: Path, text: str, name: str = "cases.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder


def test_class_folders(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    data = _put(tmp_path / "d", "b/2.png", "b/10.png", "a/x/1.png", "a/.DS_Store", "a/Thumbs.db", "a/n.txt", "._b")
    cohort = read(data)
    assert cohort.classes == ("a", "b")
    assert [Path(path).name for path in cohort.table["path"]] == ["1.png", "2.png", "10.png"]
    assert list(cohort.table["label"]) == ["a", "b", "b"]
    assert cohort.table["patient_id"].isna().all()
    assert cohort.notes == ("files that are not pictures were left out: 1 .txt",)
    assert not cohort.has_given_split
    assert cohort.name == "d"
    assert all(re.fullmatch("[0-9a-f]{16}", case) for case in cohort.table["case_id"])


def test_split_folders_in_any_case(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    names = [f"{part}/{name}/1.png" for part in ("Training", "VALID", "test") for name in "ab"]
    cohort = read(_put(tmp_path / "d", *names, "test/stray.png"))
    assert set(cohort.table["split"]) == {"train", "val", "test"}
    assert cohort.classes == ("a", "b")
    assert [item.reason for item in cohort.quarantined] == ["lies beside the class folders, so that it has no label"]
    with pytest.raises(CohortError, match="extra lie beside them"):
        read(_put(tmp_path / "d", "extra/1.png"))


def test_a_table_with_everything(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    data = _put(tmp_path / "d", "x/1.png", "x/2.png", "y/3.png")
    rows = "x/1.png;0;p1;H;training\nx/2.png;1;p1;;Dev\ny/3.png;1;;G;test\n"
    _table(data, "File;Class;Patient ID;Hospital;Split\n" + rows)
    cohort = read(data)
    assert list(cohort.table["label"]) == ["0", "1", "1"]
    assert list(cohort.table["split"]) == ["train", "val", "test"]
    assert list(cohort.table["patient"].fillna("?")) == ["p1", "p1", "?"]
    assert cohort.table["patient_id"].iloc[0] == cohort.table["patient_id"].iloc[1]
    assert list(cohort.table["site"].fillna("?")) == ["H", "?", "G"]
    assert cohort.kind == "table cases.csv, 3 rows, with patients; it wins over the class folders"
    assert not {"path", "patient", "sha256"} & set(cohort.public().columns)
    assert "p1" not in cohort.public().to_csv()


def test_parquet_and_tsv_say_the_same(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    data = _put(tmp_path / "d", "1.png", "2.png", "3.png")
    frame = pd.DataFrame({"image": ["1.png", "2.png", "3.png"], "y": [0.0, 1.0, None], "subject": [7, 8, 9]})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.assign(y=["0", "1", ""]).to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    one, two = (read(data, table=tmp_path / name) for name in ("t.parquet", "t.tsv"))
    pd.testing.assert_frame_equal(one.table, two.table)
    assert list(one.table["label"]) == ["0", "1"]
    assert [item.reason for item in one.quarantined] == ["row 4: no label"]


def test_labels_from_the_folders(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    data = _table(_put(tmp_path / "d", "a/1.png", "b/2.png"), "path,patient\na/1.png,p\nb/2.png,q\n")
    cohort = read(data)
    assert list(cohort.table["label"]) == ["a", "b"]
    assert cohort.has_patients
    assert cohort.kind.endswith("labels from the class folders")


def test_latin1_is_recorded(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    data = _put(tmp_path / "d", "1.png", "2.png")
    (data / "t.csv").write_bytes("path,label\n1.png,gutartig\n2.png,bösartig\n".encode("latin-1"))
    cohort = read(data)
    assert cohort.classes == ("bösartig", "gutartig")
    assert "Latin-1" in cohort.notes[0]


def test_npz(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    images = np.zeros((3, 4, 4), np.uint8)
    labels = np.array([[0], [1], [1]])
    np.savez(
        tmp_path / "tiny.npz", train_images=images, train_labels=labels, test_images=images[:2], test_labels=[1, 0]
    )
    cohort = read(tmp_path / "tiny.npz")
    expected = [f"test_images/{index}" for index in range(2)] + [f"train_images/{index}" for index in range(3)]
    assert list(cohort.table["member"]) == expected
    assert cohort.classes == ("0", "1")
    assert cohort.table["case_id"].is_unique
    whole = (tmp_path / "tiny.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CohortError, match="it is damaged"):
        read(tmp_path / "cut.npz")
    np.savez(tmp_path / "other.npz", pixels=images)
    with pytest.raises(CohortError, match="it has no train_images"):
        read(tmp_path / "other.npz")
    np.savez(tmp_path / "pickled.npz", train_images=images, train_labels=np.array([0, 1, {}], dtype=object))
    with pytest.raises(CohortError, match="it is damaged"):
        read(tmp_path / "pickled.npz")


def test_pictures_without_labels(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    cohort = read(_put(tmp_path / "d", "1.png", "2.png"))
    assert cohort.classes == ()
    assert len(cohort) == 2
    with pytest.raises(CohortError, match="2 of 2 cases have no label"):
        require_trainable(cohort)
    assert len(read(tmp_path / "d" / "1.png")) == 1
    assert set(read(_put(tmp_path / "e", "train/1.png", "test/1.png")).table["split"]) == {"train", "test"}


def test_single_pictures_have_no_label_wherever_they_lie(
    tmp_path: Path, read: Callable[..., Cohort], read_files: Callable[..., Cohort]
) -> None:
    data = _put(tmp_path / "d", "malignant/10.png", "malignant/2.png", "benign/x.png", "benign/y.png")
    other = _put(tmp_path / "elsewhere", "1.png")
    cohort = read_files(data / "malignant" / "10.png", other / "1.png", data / "malignant" / "2.png")
    assert [Path(path).name for path in cohort.table["path"]] == ["2.png", "10.png", "1.png"]
    assert cohort.classes == ()
    assert cohort.table[["label", "patient", "split", "site"]].isna().all(axis=None)
    assert not cohort.quarantined
    whole = read(data).table.set_index("path")["case_id"]
    for path, case in cohort.table.set_index("path")["case_id"].items():
        assert path not in whole or whole[path] == case, "a picture's id does not depend on how it was named"


def test_single_pictures_given_twice_or_through_a_link_are_one_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_files: Callable[..., Cohort]
) -> None:
    data = _put(tmp_path / "d", "a.png")
    (data / "link.png").symlink_to(data / "a.png")
    monkeypatch.chdir(data)
    cohort = read_files(data / "a.png", Path("a.png"), data / "link.png")
    assert len(cohort) == 1
    assert cohort.dropped_rows == {"repeated row": 2}


def test_a_single_picture_that_cannot_be_read_is_no_exception(
    tmp_path: Path, read_files: Callable[..., Cohort]
) -> None:
    data = _put(tmp_path / "d", "locked.png", "a.png")
    alone = read_files(data / "locked.png")
    assert len(alone) == 0
    assert [item.reason for item in alone.quarantined] == ["reading: permission denied"]
    both = read_files(data / "a.png", data / "locked.png")
    assert (len(both), len(both.quarantined)) == (1, 1)


def test_a_single_file_of_two_pictures_is_two_cases(tmp_path: Path, read_files: Callable[..., Cohort]) -> None:
    data = _put(tmp_path / "d", "pages.tif")
    assert list(read_files(data / "pages.tif").table["member"]) == ["0", "1"]


def test_pages_become_cases(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    cohort = read(_put(tmp_path / "d", "a/1.tif", "b/2.png"))
    assert list(cohort.table["member"]) == ["0", "1", ""]
    assert "1 files hold more than one picture" in cohort.notes[0]


def test_equal_content_gets_its_own_id_in_order(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    data = _put(tmp_path / "d", "a/1.png", "b/2.png")
    first = read(data).table["case_id"].iloc[0]
    (data / "b/2.png").write_bytes((data / "a/1.png").read_bytes())
    table = read(data).table
    assert table["case_id"].is_unique
    assert table["case_id"].iloc[0] == first
    assert table["sha256"].nunique() == 1


def test_patient_regex(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    data = _put(tmp_path / "d", "a/p1_1.png", "a/p1_2.png", "b/p7/3.png", "b/none.png")
    cohort = read(data, patient_regex=r"(p\d+)[_/]")
    assert sorted(cohort.table["patient"].fillna("?")) == ["?", "p1", "p1", "p7"]
    assert "no patient in 1 of 4" in cohort.notes[0]
    for pattern, message in (("(", "not a regular expression"), ("p.", "has no group")):
        with pytest.raises(pydantic.ValidationError, match=message):
            CohortOptions(patient_regex=pattern)


def test_repeated_rows(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    data = _put(tmp_path / "d", "1.png", "2.png", "3.png")
    _table(data, "path,label\n1.png,a\n./1.png,a\n2.png,a\n2.png,b\n3.png,b\n")
    cohort = read(data)
    assert len(cohort) == 2
    assert cohort.dropped_rows == {"repeated row": 1}
    assert [i.reason for i in cohort.quarantined] == [
        "rows 4 and 5 name the same file with different labels ('a', 'b')"
    ]


def test_bad_rows_are_quarantined_without_their_path(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    data = _put(tmp_path / "d", "ok.png", "ok2.png", "locked.png", "sub/x.png")
    rows = ["ok.png,a", "ok2.png,b", "gone.png,a", ",a", "sub,b", "locked.png,b", "ok3.png,"]
    cohort = read(_table(data, "path,label\n" + "\n".join(rows) + "\n"))
    assert len(cohort) == 2
    assert sorted(item.reason for item in cohort.quarantined) == [
        "row 4: no such file",
        "row 5: no file name",
        "row 6: the file cannot be read: Is a directory",
        "row 7: reading: permission denied",
        "row 8: no such file",
    ]
    assert any(item.path.endswith("gone.png") for item in cohort.quarantined)
    assert len({item.case_id for item in cohort.quarantined}) == 5


def test_strange_names_are_data(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    names = ["<img onerror=alert(1)>", "=cmd()", "肺炎", "x" * 200]
    cohort = read(_put(tmp_path / "d", *(f"{name}/{i}.png" for i, name in enumerate(names))))
    assert set(cohort.classes) == set(names)
    odd = os.fsdecode(b"a/\xff.png")
    cohort = read(_put(tmp_path / "e", "a/1.png", "b/2.png", odd))
    assert "not valid UTF-8; rename the file" in cohort.quarantined[0].reason
    cohort.quarantined[0].path.encode()


def test_links_and_paths_that_lead_out(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    _put(tmp_path / "far", "1.png", "2.png")
    data = _table(tmp_path / "d", f"path,label\n../far/1.png,a\n{tmp_path}/far/2.png,b\n")
    assert [Path(path).parent.name for path in read(data).table["path"]] == ["far", "far"]
    (tmp_path / "links" / "a").mkdir(parents=True)
    (tmp_path / "links" / "a" / "loop").symlink_to(tmp_path / "links")
    (tmp_path / "links" / "b").symlink_to(tmp_path / "far")
    assert len(read(tmp_path / "links")) == 2


def _two_tables(data: Path) -> None:
    for name in ("t.csv", "u.tsv"):
        _table(_put(data, "1.png"), "path,label\n1.png,a\n", name)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (lambda d: d.mkdir(), {}, r"found 0 pictures\. Looked for a MedMNIST \.npz; a table"),
        (lambda d: None, {}, "there is no such file or folder"),
        (lambda d: _put(d, "Benign/1.png", "benign /2.png"), {}, "'Benign' and 'benign ' differ in case or white"),
        (lambda d: _put(d, "a/1.png", "b/2.png"), {"label_map": {"benin": "x"}}, "'benin', which is no label"),
        (lambda d: _put(d, "a/1.png", "b/2.png"), {"table": "no.csv"}, "of --table is not there"),
        (_two_tables, {}, r"2 tables list its pictures .*--table"),
        (lambda d: _table(_put(d, "1.png"), "path,label\n1.png\n"), {"table": "cases.csv"}, "row 2 has 1 cells"),
        (lambda d: _table(_put(d, "1.png"), "path,label\nz.png,a\n"), {"table": "cases.csv"}, "none of the 1 files"),
        (
            lambda d: _table(_put(d, "1.png"), "path,labl\n1.png,a\n"),
            {"table": "cases.csv", "label_col": "label"},
            r"'label' of --label-col is not there \(did you mean 'labl'\?\)",
        ),
        (
            lambda d: _table(_put(d, "1.png", "2.png"), "path,label,split\n1.png,a,train\n2.png,b,holdout\n"),
            {},
            "1 rows of the split column 'split' hold 'holdout'",
        ),
        (lambda d: _table(_put(d, "1.png"), ""), {"table": "cases.csv"}, "it is empty"),
        (lambda d: _table(_put(d, "1.png"), "path\0"), {"table": "cases.csv"}, "binary data"),
        (lambda d: _table(_put(d, "1.png"), "no", "t.parquet"), {"table": "t.parquet"}, "not a Parquet file"),
        (lambda d: _put(d, "a/locked.png"), {}, r"none of its 1 cases can be used .the first: reading: permission"),
    ],
)
def test_bad_input(
    tmp_path: Path,
    read: Callable[..., Cohort],
    make: Callable[[Path], object],
    options: dict[str, object],
    message: str,
) -> None:
    make(tmp_path / "d")
    with pytest.raises(CohortError, match=message):
        read(tmp_path / "d", **options)


def test_label_map_settles_spellings(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    data = _put(tmp_path / "d", "Benign/1.png", "benign /2.png", "odd/3.png", "bad/4.png")
    cohort = read(data, label_map={"Benign": "benign", "benign": "benign", "odd": ""})
    assert cohort.classes == ("bad", "benign")
    assert [item.reason for item in cohort.quarantined] == ["no label"]


def test_not_trainable(tmp_path: Path, read: Callable[..., Cohort]) -> None:
    with pytest.raises(CohortError, match="one class only, 'benign'"):
        require_trainable(read(_put(tmp_path / "d", "benign/1.png", "benign/2.png")))
    with pytest.raises(CohortError, match=r"one class only.*if those are the classes, give w/all"):
        require_trainable(read(_put(tmp_path / "w", "all/a/1.png", "all/b/2.png")))
    data = _table(
        _put(tmp_path / "e", "1.png", "2.png", "3.png"), "path,label,patient\n1.png,a,p\n2.png,a,p\n3.png,b,q\n"
    )
    with pytest.raises(CohortError, match="the class 'a' has 2 cases of one patient") as caught:
        require_trainable(read(data))
    assert "'p'" not in str(caught.value)
    with pytest.raises(CohortError, match="--positive 'c' is no class"):
        require_trainable(read(_put(tmp_path / "f", "a/1.png", "a/2.png", "b/1.png")), positive="c")


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("busi", {"benign": 437, "malignant": 210, "normal": 133}),
        ("cxr_nih", {"No_findings": 500, "Pneumonia": 500}),
        ("breastmnist", {"0": 210, "1": 570}),
        ("pneumoniamnist", {"0": 1583, "1": 4273}),
    ],
)
def test_real_folders(name: str, counts: dict[str, int], read: Callable[..., Cohort]) -> None:
    if not (DATA / name).is_dir():
        pytest.skip(f"{name} is not in MEDGRAFT_TEST_DATA")
    cohort = read(DATA / name)
    assert cohort.table["label"].value_counts().to_dict() == counts
    assert cohort.table["case_id"].is_unique
    assert not cohort.quarantined
    if name == "cxr_nih":
        assert cohort.has_patients
        assert cohort.table["patient_id"].nunique() == 682
        assert "wins over the class folders" in cohort.kind


def test_a_phantom_is_read_for_its_masks_with_patients_and_sites(
    tmp_path: Path, outlined: Callable[..., Cohort]
) -> None:
    folder = write_phantom(tmp_path / "p", patients=8, images_per_patient=(1, 2), size=64, seed=3)
    truth = pd.read_csv(folder / "table.csv")
    cohort = outlined(folder, task="segmentation", mask_values={"255": "nodule"})
    assert (len(cohort), cohort.target, cohort.classes) == (len(truth), "masks", ("nodule",))
    assert cohort.has_patients
    joined = truth.merge(
        cohort.table.assign(stem=cohort.table["path"].map(lambda path: Path(path).stem)),
        how="inner",
        left_on=truth["path"].map(lambda path: Path(path).stem),
        right_on="stem",
    )
    assert len(joined) == len(truth)
    assert (joined["outlined"] == joined["label_x"].map({"nodule": "nodule", "clear": ""})).all()
    assert (joined["patient_x"] == joined["patient_y"]).all()
    assert (joined["site_x"] == joined["site_y"]).all()
    require_trainable(cohort)


def test_the_case_of_a_mask_is_that_of_its_picture(
    tmp_path: Path, outlined: Callable[..., Cohort], paint: Callable[..., Path]
) -> None:
    """An id follows the picture's content, so that it is the same whatever the task."""
    for name in ("a", "b"):
        paint(tmp_path / "d" / "images" / f"{name}.png")
        paint(tmp_path / "d" / "masks" / f"{name}.png", np.eye(8, 10, dtype=np.uint8))
    masks = outlined(tmp_path / "d")
    pictures = outlined(tmp_path / "d", task="classification")
    assert masks.table["case_id"].tolist() == pictures.table["case_id"].tolist()
    assert masks.pixels_digest() == pictures.pixels_digest()
    assert "mask" not in pictures.table.columns
    assert masks.legend is not None
    assert pictures.legend is None

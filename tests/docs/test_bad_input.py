"""Every row of docs/bad-input.md: a recipe by the row's id makes the input, and the words must be said.

``STOPS``: recipes that return the command; its exit code and its standard error are checked. ``FAULTS``: what the
machine does to some of these commands, and not to the same command afterwards. ``FILES``, ``ROWS``, ``MASKS`` and
``BOXES``: recipes that plant a case in one good cohort each; the run must end well, and the reason must stand
in ``audit.json``. ``WORKS``: recipes that return a command which ends well, and where the words must be found.
"""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from PIL import Image

from medgraft import files
from medgraft.data.imaging import reader
from medgraft.experiment import fitting

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bad-input.md"
ROW = re.compile(r"^\| (?P<id>[a-z0-9-]+) \| (?P<given>.+?) \| (?P<outcome>[^|]+?) \| `(?P<words>[^`]+)` \|$", re.M)
TABLE = {row["id"]: (row["outcome"], row["words"]) for row in ROW.finditer(PAGE.read_text("utf-8"))}
CODES = {"stops (2)": 2, "stops (3)": 3, "stops (4)": 4, "stops (130)": 130}

Recipe = Callable[[Path], list[str]]
Fault = Callable[[pytest.MonkeyPatch], None]
STOPS: dict[str, Recipe] = {}
FAULTS: dict[str, Fault] = {}
FILES: dict[str, Callable[[Path], None]] = {}
ROWS: dict[str, Callable[[Path], list[dict[str, str]]]] = {}
MASKS: dict[str, Callable[[Path], None]] = {}
BOXES: dict[str, Callable[[Path], str]] = {}
WORKS: dict[str, tuple[Recipe, str]] = {}


def stops(name: str) -> Callable[[Recipe], Recipe]:
    def add(recipe: Recipe) -> Recipe:
        STOPS[name] = recipe
        return recipe

    return add


# -- the good cohorts that faults are planted in


def picture(path: Path, seed: int, size: int = 32) -> Path:
    """A small noisy grey picture, different for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def class_folders(folder: Path, *names: str, each: int = 8) -> Path:
    for number, name in enumerate(names or ("benign", "malignant")):
        for index in range(each):
            picture(folder / name / f"{index}.png", seed=1000 * number + index)
    return folder


def table(folder: Path, rows: list[dict[str, str]], name: str = "table.csv") -> Path:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return folder


def good_rows(folder: Path, each: int = 8) -> list[dict[str, str]]:
    """Two classes, two images a patient."""
    rows = []
    for number, label in enumerate(("benign", "malignant")):
        for index in range(each):
            name = f"{label}{index}.png"
            picture(folder / name, seed=1000 * number + index)
            rows.append({"path": name, "label": label, "patient": f"{label}-{index // 2}"})
    return rows


def fit(data: Path, *options: str) -> list[str]:
    return ["fit", str(data), "--out", str(data.parent / "run"), *options]


# -- stops


@stops("no-such-data")
def _(folder):
    return fit(folder / "nowhere")


@stops("empty-folder")
def _(folder):
    (folder / "data").mkdir()
    return fit(folder / "data")


@stops("no-labels")
def _(folder):
    for index in range(6):
        picture(folder / "data" / f"{index}.png", index)
    return fit(folder / "data")


@stops("one-class")
def _(folder):
    return fit(class_folders(folder / "data", "benign"))


@stops("one-patient-class")
def _(folder):
    rows = good_rows(folder / "data")
    for row in rows:
        if row["label"] == "malignant":
            row["patient"] = "the only one"
    return fit(table(folder / "data", rows))


@stops("labels-differ-in-case")
def _(folder):
    rows = good_rows(folder / "data")
    rows[0]["label"] = "Benign"
    return fit(table(folder / "data", rows))


@stops("label-map-unknown")
def _(folder):
    return fit(class_folders(folder / "data"), "--label-map", "bengin=0")


@stops("positive-unknown")
def _(folder):
    return fit(class_folders(folder / "data"), "--positive", "malignnant")


@stops("two-tables")
def _(folder):
    rows = good_rows(folder / "data")
    table(folder / "data", rows)
    return fit(table(folder / "data", rows, name="other.csv"))


@stops("no-such-table")
def _(folder):
    return fit(class_folders(folder / "data"), "--table", "labels.csv")


@stops("no-such-column")
def _(folder):
    return fit(table(folder / "data", good_rows(folder / "data")), "--table", "table.csv", "--label-col", "labl")


def two_labels(folder, cells):
    """A good table with two label columns that hold ``cells`` in turn."""
    rows = good_rows(folder / "data")
    for number, row in enumerate(rows):
        row["a"], row["b"] = str(number % 2), cells[number % len(cells)]
    return fit(table(folder / "data", rows), "--table", "table.csv", "--label-col", "a,b")


@stops("label-value-foreign")
def _(folder):
    return two_labels(folder, ["1", "0", "maybe"])


@stops("label-of-one-value")
def _(folder):
    return two_labels(folder, ["0", ""])


@stops("label-not-for-strategy")
def _(folder):
    return [*two_labels(folder, ["1", "0"]), "--strategy", "lp-ft"]


@stops("empty-table")
def _(folder):
    class_folders(folder / "data")
    (folder / "data" / "table.csv").write_text("", "utf-8")
    return fit(folder / "data", "--table", "table.csv")


@stops("binary-table")
def _(folder):
    class_folders(folder / "data")
    (folder / "data" / "table.csv").write_bytes(b"PK\x03\x04\x00\x00 a spreadsheet")
    return fit(folder / "data", "--table", "table.csv")


@stops("ragged-table")
def _(folder):
    table(folder / "data", good_rows(folder / "data"))
    with (folder / "data" / "table.csv").open("a", encoding="utf-8") as file:
        file.write("benign0.png,benign,p,and more\n")
    return fit(folder / "data", "--table", "table.csv")


@stops("all-paths-missing")
def _(folder):
    rows = [{"path": f"gone/{index}.png", "label": "ab"[index % 2]} for index in range(4)]
    table(folder / "data", rows)
    return fit(folder / "data", "--table", "table.csv")


@stops("bad-split-word")
def _(folder):
    rows = [{**row, "split": ("train", "test")[i % 2]} for i, row in enumerate(good_rows(folder / "data"))]
    rows[3]["split"] = "holdout"
    return fit(table(folder / "data", rows), "--split-col", "split")


@stops("split-beside-classes")
def _(folder):
    class_folders(folder / "data" / "train")
    return fit(class_folders(folder / "data"))


def _archive(path: Path, names: tuple[str, str]) -> None:
    rng = np.random.default_rng(0)
    np.savez(
        path,
        **{
            names[0]: rng.integers(0, 256, (20, 28, 28), dtype=np.uint8),
            names[1]: rng.integers(0, 2, (20, 1)),
        },
    )


@stops("damaged-archive")
def _(folder):
    _archive(folder / "data.npz", ("train_images", "train_labels"))
    whole = (folder / "data.npz").read_bytes()
    (folder / "data.npz").write_bytes(whole[: len(whole) // 2])
    return fit(folder / "data.npz")


@stops("foreign-archive")
def _(folder):
    _archive(folder / "data.npz", ("pictures", "classes"))
    return fit(folder / "data.npz")


def _given_split(folder: Path, shared: int) -> Path:
    """A split with ``shared`` training pictures that stand in the test set as well."""
    rows = []
    for number, label in enumerate(("benign", "malignant")):
        for index in range(20):
            part = ("train", "train", "train", "val", "test")[index % 5]
            picture(folder / f"{label}{index}.png", seed=1000 * number + index)
            rows.append({"path": f"{label}{index}.png", "label": label, "split": part})
    training = [row for row in rows if row["split"] == "train"][:shared]
    for row in training:
        name = f"copy-{row['path']}"
        (folder / name).write_bytes((folder / row["path"]).read_bytes())
        rows.append({**row, "path": name, "split": "test"})
    return table(folder, rows)


@stops("leak-refused")
def _(folder):
    return fit(_given_split(folder / "data", 1), "--on-leak", "error")


@stops("leak-too-large")
def _(folder):
    return fit(_given_split(folder / "data", 16))


@stops("regex-without-group")
def _(folder):
    return fit(class_folders(folder / "data"), "--patient-regex", "^[0-9]+")


@stops("unknown-backbone")
def _(folder):
    return fit(class_folders(folder / "data"), "--backbone", "tf_efficientnet_lite00")


@stops("unknown-strategy")
def _(folder):
    return fit(class_folders(folder / "data"), "--strategy", "linear-prob")


@stops("unknown-option")
def _(folder):
    return fit(class_folders(folder / "data"), "--no-such-option")


@stops("unknown-setting")
def _(folder):
    return fit(class_folders(folder / "data"), "--set", "strategy.no_such_field=1")


@stops("other-run-there")
def _(folder):
    first = class_folders(folder / "data")
    assert _main(fit(first)) == 0
    return fit(class_folders(folder / "other", each=9))


@stops("out-is-a-file")
def _(folder):
    (folder / "file").write_text("not a folder", "utf-8")
    return ["fit", str(class_folders(folder / "data")), "--out", str(folder / "file" / "run")]


@stops("unreadable-folder")
@stops("out-is-read-only")
@stops("full-disk")
@stops("interrupted")
def _(folder):
    return fit(class_folders(folder / "data"))


def _refuse(path: object) -> NoReturn:
    """What a locked folder answers. Rights would not do: they do not bind root, as whom tests may run."""
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _locked_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: _refuse(path) if Path(path).name == "benign" else real(path))


def _read_only_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.mkdir

    def mkdir(path: str, *arguments: int) -> None:
        if "run" in Path(path).parts:
            _refuse(path)
        real(path, *arguments)

    monkeypatch.setattr(os, "mkdir", mkdir)


def _full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", fsync)


def _interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def evaluation_stage(work: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "evaluation_stage", evaluation_stage)


FAULTS["unreadable-folder"] = _locked_folder
FAULTS["out-is-read-only"] = _read_only_out
FAULTS["full-disk"] = _full_disk
FAULTS["interrupted"] = _interruption


def shift(folder: Path, *options: str, run: str = "run", cases: int = 8) -> list[str]:
    """A run on the good class folders, compared with ``cases`` other pictures."""
    assert _main([*fit(class_folders(folder / "data")), "--modality", "radiograph"]) == 0
    for index in range(cases):
        picture(folder / "there" / f"{index}.png", seed=5000 + index)
    return ["shift", str(folder / run), "--target", str(folder / "there"), *options]


@stops("shift-too-few")
def _(folder):
    return shift(folder, cases=5)


@stops("shift-other-modality")
def _(folder):
    return shift(folder, "--modality", "ultrasound")


@stops("shift-other-preprocessing")
def _(folder):
    return shift(folder, "--set", "preprocess.size=64")


@stops("shift-bundle-alone")
def _(folder):
    return shift(folder, run="run/bundle")


def adapt(folder: Path, *options: str, cases: int = 24, classes: tuple[str, ...] = ()) -> list[str]:
    """As ``shift``; with ``classes`` the target has labels."""
    arguments = shift(folder, *options, cases=0 if classes else cases)
    if classes:
        class_folders(folder / "there", *classes, each=12)
    return ["adapt", *arguments[1:], "--out", str(folder / "adapted")]


@stops("adapt-too-few")
def _(folder):
    return adapt(folder, cases=5)


@stops("adapt-other-classes")
def _(folder):
    return adapt(folder, classes=("benign", "cancer"))


@stops("adapt-other-modality")
def _(folder):
    return adapt(folder, "--modality", "ultrasound")


@stops("adapt-other-preprocessing")
def _(folder):
    return adapt(folder, "--set", "preprocess.size=64")


@stops("adapt-no-labels-to-learn")
def _(folder):
    return adapt(folder, "--labels", "10")


@stops("flipped-bit")
def _(folder):
    data = class_folders(folder / "data")
    assert _main(fit(data)) == 0
    weights = folder / "run" / "bundle" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    picture_of_it = str(data / "benign" / "0.png")
    return ["predict", str(folder / "run"), picture_of_it, "--out", str(folder / "answers.csv")]


@stops("missing-weights")
def _(folder):
    return fit(class_folders(folder / "data"), "--backbone", "resnet18")


@stops("weights-do-not-fit")
def _(folder):
    torch.save({"state_dict": {"conv1.weight": torch.ones(64, 2, 7, 7)}}, folder / "weights.pth")
    return ["weights", "import", str(folder / "weights.pth"), "--backbone", "resnet18"]


@stops("weights-of-two")
def _(folder):
    states = [timm.create_model("test_resnet").state_dict() for _ in range(2)]
    torch.save(dict(zip(("student", "teacher"), states, strict=True)), folder / "weights.pth")
    return ["weights", "import", str(folder / "weights.pth"), "--backbone", "test_resnet"]


@stops("weights-with-code")
def _(folder):
    # A zip as torch writes it, whose pickle calls a function: the oldest trick there is.
    with zipfile.ZipFile(folder / "weights.pth", "w") as archive:
        archive.writestr("weights/data.pkl", b"cbuiltins\nprint\n(S'this ran'\ntR.")
        archive.writestr("weights/version", "3\n")
        archive.writestr("weights/byteorder", "little")
    return ["weights", "import", str(folder / "weights.pth"), "--backbone", "resnet18"]


def made_run(folder: Path, labels=("benign", "malignant"), cases=range(12), *, turned: int | None = None) -> str:
    """What ``compare`` reads of a run: ``cases`` in its test part; that of number ``turned`` has the other label."""
    truth = [labels[(case + (case == turned)) % 2] for case in cases]
    rows = pd.DataFrame(
        {"case_id": [f"case{case}" for case in cases], "patient_id": None, "split": "test", "repeat": None}
        | {"y_true": truth, "y_pred": truth}
        | {f"p_{label}": [0.9 if label == one else 0.1 for one in truth] for label in labels}
    )
    folder.mkdir()
    rows.to_parquet(folder / "predictions.parquet", index=False)
    meta = {"positive_label": labels[1], "task": "binary", "labels": list(labels), "warnings": []}
    files.write_json(folder / "metrics.json", {"test": {}, "_meta": meta})
    return str(folder)


@stops("compare-no-run")
def _(folder):
    (folder / "empty").mkdir()
    return ["compare", made_run(folder / "one"), str(folder / "empty")]


@stops("compare-other-classes")
def _(folder):
    return ["compare", made_run(folder / "one"), made_run(folder / "two", ("benign", "cancer"))]


@stops("compare-other-cases")
def _(folder):
    return ["compare", made_run(folder / "one"), made_run(folder / "two", cases=range(4, 16))]


@stops("compare-nothing-common")
def _(folder):
    return ["compare", made_run(folder / "one"), made_run(folder / "two", cases=range(50, 62)), "--common"]


@stops("compare-other-labels")
def _(folder):
    return ["compare", made_run(folder / "one"), made_run(folder / "two", turned=3)]


@stops("compare-no-such-split")
def _(folder):
    return ["compare", made_run(folder / "one"), made_run(folder / "two"), "--split", "tset"]


def masked(folder: Path, *, values: tuple[int, ...] = (0, 255), each: int = 8) -> Path:
    """Pictures with masks that hold ``values`` in turn."""
    for index in range(each):
        picture(folder / "images" / f"{index}.png", seed=3000 + index)
        mask(folder, f"{index}", values[index % len(values)] or values[-1])
    return folder


def mask(folder: Path, name: str, value: int, size: int = 32) -> None:
    """One whose middle has a value."""
    pixels = np.zeros((size, size), np.uint8)
    pixels[8:20, 6:14] = value
    (folder / "masks").mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / "masks" / f"{name}.png")


def outlined(folder: Path, *options: str, **given: Any) -> list[str]:
    return fit(masked(folder / "data", **given), "--task", "segmentation", *options)


@stops("masks-of-unknown-values")
def _(folder):
    return outlined(folder, values=(7, 31, 90))


@stops("masks-all-background")
def _(folder):
    return outlined(folder, "--mask-values", "255=background")


@stops("masks-with-a-positive-class")
def _(folder):
    return outlined(folder, "--positive", "foreground")


@stops("segmentation-without-masks")
def _(folder):
    return fit(class_folders(folder / "data"), "--task", "segmentation")


@stops("masks-of-an-unknown-network")
def _(folder):
    return outlined(folder, "--set", "segmentation.network=4d")


@stops("pictures-for-a-network-of-volumes")
def _(folder):
    return outlined(folder, "--set", "segmentation.network=inflated")


def boxed(folder: Path, rows: list[str], head: str = "stem,label,x0,y0,x1,y1", each: int = 8) -> Path:
    """Pictures and ``boxes.csv``; those that it does not name have a good box."""
    named = {row.partition(",")[0] for row in rows}
    for index in range(each):
        picture(folder / "images" / f"{index}.png", seed=4000 + index)
        if str(index) not in named and head.count(",") == 5:
            rows = [*rows, f"{index},cell,4,4,12,15"]
    (folder / "boxes.csv").write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return folder


def found(folder: Path, rows: list[str], *options: str, **given: Any) -> list[str]:
    return fit(boxed(folder / "data", rows, **given), "--task", "detection", *options)


@stops("boxes-without-corners")
def _(folder):
    return found(folder, ["0,cell,4"], head="stem,label,width")


@stops("boxes-none-at-all")
def _(folder):
    return found(folder, [f"{index},,,,," for index in range(8)])


@stops("boxes-label-map-unknown")
def _(folder):
    return found(folder, [], "--label-map", "cel=cell")


@stops("detection-without-boxes")
def _(folder):
    return fit(class_folders(folder / "data"), "--task", "detection")


@stops("predict-spreadsheet")
def _(folder):
    assert _main(fit(class_folders(folder / "data"))) == 0
    (folder / "cases.xlsx").write_bytes(b"PK\x03\x04 a spreadsheet")
    return ["predict", str(folder / "run"), str(folder / "cases.xlsx")]


@stops("predict-masks-without-folder")
def masks_of(folder, *options):
    """A run that says of itself that it outlines, and nothing more."""
    (folder / "run" / "bundle").mkdir(parents=True)
    files.write_json(folder / "run" / "bundle" / "labels.json", {"labels": ["a"], "task": "segmentation"})
    return ["predict", str(folder / "run"), str(picture(folder / "0.png", 0)), *options]


@stops("heat-maps-of-masks")
def _(folder):
    return masks_of(folder, "--explain", "--explain-out", str(folder / "maps"))


def clinic(folder: Path, head: str, *rows: str, options: tuple[str, ...] = (), patients: bool = True) -> list[str]:
    """The good rows with a clinical table."""
    cases = good_rows(folder / "data")
    table(folder / "data", cases if patients else [{**row, "patient": ""} for row in cases])
    (folder / "clinic.csv").write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return [*fit(folder / "data"), "--clinical", str(folder / "clinic.csv"), *options]


def of_all(cell: Callable[[int], str]) -> list[str]:
    """A row a patient."""
    names = [f"{label}-{index}" for label in ("benign", "malignant") for index in range(4)]
    return [f"{name},{cell(number)}" for number, name in enumerate(names)]


@stops("clinical-without-key")
def _(folder):
    return clinic(folder, "who,age", *of_all(lambda number: f"{50 + number}"))


@stops("clinical-of-others")
def _(folder):
    return clinic(folder, "patient,age", "somebody,50", "somebody else,60")


@stops("clinical-patients-unknown")
def _(folder):
    return clinic(folder, "patient,age", *of_all(lambda number: f"{50 + number}"), patients=False)


@stops("clinical-column-unknown")
def _(folder):
    rows = of_all(lambda number: f"{50 + number}")
    return clinic(folder, "patient,age", *rows, options=("--set", 'clinical.columns=["agee"]'))


@stops("clinical-rows-differ")
def _(folder):
    return clinic(folder, "patient,age", *of_all(lambda number: f"{50 + number}"), "benign-0,90")


@stops("clinical-text-among-numbers")
def _(folder):
    return clinic(folder, "patient,age", *of_all(lambda number: "old" if number == 3 else f"{50 + number}"))


@stops("clinical-dates")
def _(folder):
    return clinic(folder, "patient,seen", *of_all(lambda number: f"2024-01-{number + 10}"))


@stops("clinical-empty-column")
def _(folder):
    return clinic(folder, "patient,age", *of_all(lambda _: ""), options=("--set", 'clinical.columns=["age"]'))


# -- set aside, as a file in class folders


def _png(path: Path, height: int, width: int) -> None:
    """A PNG whose header declares ``height`` × ``width`` and which holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00" * 100)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


def _cut(path: Path) -> None:
    picture(path, seed=77)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _corrupt(path: Path) -> None:
    picture(path, seed=78)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 16] = bytes(16)
    path.write_bytes(bytes(content))


def _nan(path: Path) -> None:
    pixels = np.full((32, 32), 0.5, np.float32)
    pixels[3, 4] = np.nan
    Image.fromarray(pixels).save(path, format="TIFF")


FILES["empty-file"] = lambda path: path.write_bytes(b"") and None
FILES["text-as-png"] = lambda path: path.write_text("Dear colleague, the images follow by post.", "utf-8") and None
FILES["cut-off-png"] = _cut
FILES["corrupt-png"] = _corrupt
FILES["zero-size-png"] = lambda path: _png(path, 0, 0)
FILES["bomb-png"] = lambda path: _png(path, 60_000, 60_000)
FILES["nan-tiff"] = _nan
FILES["unreadable-file"] = lambda path: picture(path, seed=83) and None


# -- set aside, as a row of a table


def _disagree(folder: Path) -> list[dict[str, str]]:
    picture(folder / "disputed.png", seed=79)
    return [{"path": "disputed.png", "label": label, "patient": "p79"} for label in ("benign", "malignant")]


def _unlabelled(folder: Path) -> list[dict[str, str]]:
    picture(folder / "unlabelled.png", seed=80)
    return [{"path": "unlabelled.png", "label": "", "patient": "p80"}]


def _a_folder(folder: Path) -> list[dict[str, str]]:
    (folder / "sub").mkdir()
    return [{"path": "sub", "label": "benign", "patient": "p81"}]


ROWS["row-without-file"] = lambda folder: [{"path": "gone.png", "label": "benign", "patient": "p82"}]
ROWS["row-without-label"] = _unlabelled
ROWS["row-names-a-folder"] = _a_folder
ROWS["rows-disagree"] = _disagree


# -- set aside, beside its mask


def _no_mask(folder: Path) -> None:
    picture(folder / "images" / "bare.png", seed=90)


def _larger_mask(folder: Path) -> None:
    picture(folder / "images" / "larger.png", seed=91)
    mask(folder, "larger", 255, size=40)


def _damaged_mask(folder: Path) -> None:
    picture(folder / "images" / "damaged.png", seed=92)
    _cut(folder / "masks" / "damaged.png")


def _foreign_value(folder: Path) -> None:
    picture(folder / "images" / "foreign.png", seed=93)
    mask(folder, "foreign", 128)


MASKS["mask-missing"] = _no_mask
MASKS["mask-of-another-size"] = _larger_mask
MASKS["mask-damaged"] = _damaged_mask
MASKS["mask-value-foreign"] = _foreign_value
MASKS["mask-without-picture"] = lambda folder: mask(folder, "stray", 255)


# -- set aside, for its boxes: the row of ``boxes.csv``


def _box(name: str, corners: str) -> Callable[[Path], str]:
    def plant(folder: Path) -> str:
        picture(folder / "images" / f"{name}.png", seed=len(name) + 95)
        return f"{name},cell,{corners}"

    return plant


BOXES["box-beyond-its-picture"] = _box("beyond", "4,4,90,12")
BOXES["box-turned-round"] = _box("turned", "12,4,4,15")
BOXES["box-of-no-number"] = _box("word", "4,four,12,15")
BOXES["box-without-picture"] = lambda folder: "gone,cell,4,4,12,15"


# -- works: the words stand in the terminal ("said") or in the report ("report")


def _repeat(folder: Path) -> list[str]:
    rows = good_rows(folder / "data")
    return fit(table(folder / "data", [*rows, rows[0]]))


def _odd_class(name: str) -> Recipe:
    def recipe(folder: Path) -> list[str]:
        rows = good_rows(folder / "data")
        for row in rows:
            if row["label"] == "malignant":
                row["label"] = name
        return fit(table(folder / "data", rows))

    return recipe


WORKS["rows-repeat"] = (_repeat, "audit.json")
WORKS["chinese-class"] = (lambda folder: fit(class_folders(folder / "data", "良性", "恶性")), "report.html")
WORKS["hostile-class"] = (_odd_class("<img src=x onerror=alert(1)>"), "report.html")
WORKS["formula-class"] = (_odd_class("=cmd()"), "bundle/labels.json")
WORKS["long-class"] = (lambda folder: fit(class_folders(folder / "data", "a", "c" * 200)), "report.html")


# -- the tests


def _main(arguments: list[str]) -> int:
    from medgraft.cli.main import main

    try:
        return int(main(arguments) or 0)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1


def _lock_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the file that may not be read unreadable."""
    real = reader.sha256_file
    monkeypatch.setattr(
        reader, "sha256_file", lambda path: _refuse(path) if path.stem == "unreadable-file" else real(path)
    )


def _plain(text: str) -> str:
    """What was said, without colours, boxes and line breaks."""
    without = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    return " ".join(re.sub(r"[\u2500-\u257f]", " ", without).split())


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> dict[str, list[str]]:
    """Reasons in ``audit.json`` of two runs: one with every bad file planted, one with every bad row."""
    folder = tmp_path_factory.mktemp("files")
    data = class_folders(folder / "data")
    for name, plant in FILES.items():
        plant(data / "benign" / f"{name}.png")
    with pytest.MonkeyPatch.context() as monkeypatch:
        _lock_file(monkeypatch)
        assert _main(fit(data)) == 0
    other = tmp_path_factory.mktemp("rows")
    rows = good_rows(other / "data")
    rows += [row for plant in ROWS.values() for row in plant(other / "data")]
    assert _main(fit(table(other / "data", rows))) == 0
    masks, boxes = tmp_path_factory.mktemp("masks"), tmp_path_factory.mktemp("boxes")
    data = masked(masks / "data", each=24)
    for plant in MASKS.values():
        plant(data)
    assert _main(["audit", str(data), "--task", "segmentation", "--out", str(masks / "run")]) == 0
    data = boxed(boxes / "data", [plant(boxes / "data") for plant in BOXES.values()])
    assert _main(["audit", str(data), "--task", "detection", "--out", str(boxes / "run")]) == 0
    found = {}
    runs = {"file": folder, "row": other, "mask": masks, "box": boxes}
    for kind, run in ((kind, place / "run") for kind, place in runs.items()):
        audit = json.loads((run / "audit.json").read_text("utf-8"))
        found[kind] = [item["reason"] for item in audit["quarantined"]]
    return found


def _ids(*outcomes: str) -> list[str]:
    return [name for name, (outcome, _) in TABLE.items() if outcome in outcomes]


def test_the_table_is_long_enough_and_every_row_has_its_recipe():
    assert len(TABLE) >= 25
    recipes = [*STOPS, *FILES, *ROWS, *MASKS, *BOXES, *WORKS]
    assert len(recipes) == len(set(recipes))
    assert set(TABLE) == set(recipes)
    assert set(_ids(*CODES)) == set(STOPS)
    assert set(_ids("set aside")) == {*FILES, *ROWS, *MASKS, *BOXES}
    assert set(_ids("works")) == set(WORKS)


@pytest.mark.parametrize("name", _ids(*CODES))
def test_it_stops_with_a_message(name, medgraft_command, tmp_path, monkeypatch):
    outcome, words = TABLE[name]
    arguments = STOPS[name](tmp_path)
    FAULTS.get(name, lambda _: None)(monkeypatch)
    answer = medgraft_command(*arguments)
    said = _plain(answer.err)
    assert words in said, said or answer.out
    assert answer.code == CODES[outcome], said
    assert "Traceback" not in answer.err
    assert "this ran" not in answer.out


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> bytes:
    """The metrics of the run that the faults break, when nothing breaks it."""
    folder = tmp_path_factory.mktemp("unbroken")
    assert _main(fit(class_folders(folder / "data"))) == 0
    return (folder / "run" / "metrics.json").read_bytes()


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_same_command_goes_on_when_the_fault_is_gone(name, unbroken, medgraft_command, tmp_path):
    arguments = STOPS[name](tmp_path)
    with pytest.MonkeyPatch.context() as monkeypatch:
        FAULTS[name](monkeypatch)
        assert medgraft_command(*arguments).code == CODES[TABLE[name][0]]
    answer = medgraft_command(*arguments)
    assert answer.code == 0, answer.err
    assert (tmp_path / "run" / "metrics.json").read_bytes() == unbroken
    assert not list((tmp_path / "run").rglob(".*")), "half-written files were left behind"


@pytest.mark.parametrize("name", _ids("set aside"))
def test_it_is_set_aside_with_its_reason(name, planted):
    kinds = {"file": FILES, "row": ROWS, "mask": MASKS, "box": BOXES}
    reasons = planted[next(kind for kind, names in kinds.items() if name in names)]
    assert any(TABLE[name][1] in reason for reason in reasons), reasons


def test_as_many_are_set_aside_as_were_planted(planted):
    assert len(planted["file"]) == len(FILES)
    assert len(planted["row"]) >= len(ROWS)
    assert (len(planted["mask"]), len(planted["box"])) == (len(MASKS), len(BOXES))


def test_reasons_hold_no_path(planted, tmp_path_factory):
    base = str(tmp_path_factory.getbasetemp())
    assert not [reason for reasons in planted.values() for reason in reasons if base in reason or ".png" in reason]


@pytest.mark.parametrize("name", _ids("works"))
def test_it_works_and_does_no_harm(name, medgraft_command, tmp_path):
    recipe, where = WORKS[name]
    answer = medgraft_command(*recipe(tmp_path))
    assert answer.code == 0, answer.err
    assert "Traceback" not in answer.err
    text = (tmp_path / "run" / where).read_text("utf-8")
    assert TABLE[name][1] in text
    if name == "hostile-class":
        assert "<img src=x onerror" not in text

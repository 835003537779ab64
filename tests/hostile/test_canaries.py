"""Planted identifiers: none of them may stand in any byte that is written outside ``private/``.

Names of patients in tags, private tags, file names, text chunks and the table's columns; each is a word of
its own, so that a hit says where it came from.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image as PillowImage
from PIL.PngImagePlugin import PngInfo

from medgraft.data.phantom.cohort import PhantomPlan, phantom_cases
from medgraft.data.phantom.twins.encoding import NATIVE, described, with_pixels, written

CASES = 36
TAGS = ("PatientName", "PatientID", "AccessionNumber", "InstitutionName", "ReferringPhysicianName", "StudyDescription")


class Canaries:
    """Hands out words, and remembers them."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def __call__(self, kind: str) -> str:
        self.words.append(f"canary{kind}{len(self.words):04d}x")
        return self.words[-1]


def _dicom(pixels: np.ndarray, canary: Canaries) -> bytes:
    dataset = described(
        Modality="DX", SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", BitsAllocated=16, BitsStored=12,
        HighBit=11, PixelRepresentation=0, **{name: canary("tag") for name in TAGS},
    )  # fmt: skip
    block = dataset.private_block(0x0011, canary("creator"), create=True)
    block.add_new(0x01, "LO", canary("private"))
    return written(with_pixels(dataset, pixels[None].astype(np.uint16), NATIVE["explicit"]))


def _png(path: Path, pixels: np.ndarray, canary: Canaries) -> None:
    info = PngInfo()
    info.add_text("Author", canary("chunk"))
    info.add_text(canary("keyword"), "x")
    PillowImage.fromarray((pixels >> 4).astype(np.uint8)).save(path, pnginfo=info)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Canaries]:
    """A table of pictures, half DICOM and half PNG, every name in which is a canary."""
    canary = Canaries()
    folder = tmp_path_factory.mktemp("planted")  # its name is the cohort's, which is shown
    rows = []
    plan = PhantomPlan(patients=CASES, images_per_patient=(1, 1), size=64, seed=8)
    for number, case in enumerate(phantom_cases(plan)):
        name = f"{canary('file')}.{'dcm' if number % 2 else 'png'}"
        if number % 2:
            (folder / name).write_bytes(_dicom(case.picture.pixels, canary))
        else:
            _png(folder / name, case.picture.pixels, canary)
        rows.append([name, case.label, canary("patient")])
    (folder / f"{canary('broken')}.png").write_bytes(b"")
    rows.append([f"{canary.words[-1]}.png", "clear", canary("patient")])
    with (folder / f"{canary('table')}.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["path", "label", "patient"], *rows])
    return folder, canary


def _said(path: Path) -> Iterator[bytes]:
    """All that a file says: its bytes, and what is packed in them."""
    yield str(path.name).encode()
    yield path.read_bytes()
    if path.suffix == ".parquet":
        yield pd.read_parquet(path).to_csv().encode()


def _hits(folder: Path, words: list[str]) -> list[str]:
    """Words that stand in any file below ``folder`` outside a ``private`` folder."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and "private" not in path.relative_to(folder).parts[:-1]:
            content = b"\n".join(_said(path)).lower()
            found += [f"{word} in {path.name}" for word in words if word.encode() in content]
    return found


def test_no_canary_sings_outside_the_private_folder(
    planted: tuple[Path, Canaries], tmp_path: Path, repository: Path
) -> None:
    cohort, canary = planted
    assert len(canary.words) >= 200
    out = tmp_path / "out"
    out.mkdir()
    environment = {"PYTHONPATH": str(repository / "src"), "MEDGRAFT_HOME": str(out / "house"), "PATH": "/usr/bin:/bin"}

    def run(*words: object) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "medgraft", *map(str, words)], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("fit", cohort, "--out", out / "run", "--set", "preprocess.size=96")
    told = json.loads(run("audit", cohort, "--out", out / "audit", "--json"))
    run("evaluate", out / "run", cohort, "--on-leak", "keep", "--name", "again")
    run("report", out / "run", "--no-images")
    run("predict", out / "run", cohort, "--out", out / "answers.csv", "--no-paths")
    run("embed", cohort, "--out", out / "features.parquet")
    assert _hits(out, canary.words) == []
    assert {"PatientName", "a private tag with content"} <= {item["finding"] for item in told["privacy"]}
    run("predict", out / "run", cohort, "--out", out / "with-paths.csv")
    named = ("file", "broken")  # the paths, as the user gave them
    assert _hits(out, [word for word in canary.words if not any(kind in word for kind in named)]) == []

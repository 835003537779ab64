"""The audit finds what was planted, and in the real archives the duplicates that are known."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from medgraft.data.cohort.cohort import Cohort, Quarantined
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort
from medgraft.data.cohort.split import make_split
from medgraft.data.imaging.facts import PixelFacts
from medgraft.home import Home
from medgraft.insight.audit.audit import run_audit
from medgraft.insight.audit.check import CHECKS, SECTIONS, Material
from medgraft.insight.audit.duplicates import case_groups
from medgraft.types import Modality

DATA = Path(os.environ.get("MEDGRAFT_TEST_DATA", "../shared/data"))


def _facts(pixel_hash: str, **changes: object) -> PixelFacts:
    usual: dict[str, object] = {
        "dhash": 0,
        "height": 64,
        "width": 64,
        "channels": 1,
        "dtype": "uint8",
        "low": 0.0,
        "high": 255.0,
        "minimum": 0.0,
        "maximum": 255.0,
        "mean": 0.5,
        "std": 0.2,
        "modality": Modality.UNKNOWN,
        "spacing": None,
        "steps": (),
    }
    return PixelFacts(pixel_hash=pixel_hash, **{**usual, **changes})  # type: ignore[arg-type]


def _cohort(labels: str, splits: list[str] | None = None, patients: list[str | None] | None = None) -> Cohort:
    n = len(labels)
    table = pd.DataFrame(
        {
            "case_id": [f"c{i}" for i in range(n)],
            "patient_id": pd.Series(patients or [None] * n, dtype=object),
            "label": list(labels),
            "split": pd.Series(splits or [None] * n, dtype=object),
        }
    )
    gone = Quarantined("q0", "/secret/place.png", "row 3: no such file")
    return Cohort(table, tuple(sorted(set(labels))), "made", "made", (gone,), ("a note",))


def test_planted_faults_are_found() -> None:
    cohort = _cohort("aabb", ["train", "val", "test", "test"], ["p", "q", "q", "r"])
    facts = {"c0": _facts("x"), "c1": _facts("y"), "c3": _facts("x")}
    report = run_audit(cohort, facts, None)
    assert set(report) == set(SECTIONS)
    assert report["duplicates"] == [
        {"kind": "exact", "cases": ["c0", "c3"], "splits": ["train", "test"], "labels": ["a", "b"]}
    ]
    assert report["label_conflicts"] == [{"cases": ["c0", "c3"], "labels": ["a", "b"]}]
    assert report["patients_across_splits"] == [{"patient": "q", "splits": ["val", "test"], "cases": 2}]
    assert report["quarantined"] == [{"case": "q0", "reason": "row 3: no such file"}]
    assert report["notes"] == ["a note"]
    assert "secret" not in json.dumps(report)


@pytest.mark.parametrize(
    ("finding", "changes"),
    [
        ("constant-images", {"minimum": 7.0, "maximum": 7.0}),
        ("tiny-images", {"height": 20}),
        ("nearly-black", {"mean": 0.001}),
        ("nearly-white", {"mean": 0.999}),
        ("uses-small-range", {"dtype": "uint16", "high": 65535.0, "maximum": 4095.0}),
        ("mixed-channels", {"channels": 3}),
        ("mixed-sizes", {"width": 80}),
        ("mixed-depths", {"dtype": "uint16"}),
        ("mixed-modalities", {"modality": Modality.CT}),
    ],
)
def test_pixel_findings(finding: str, changes: dict[str, object]) -> None:
    facts = {f"c{i}": _facts(str(i)) for i in range(3)} | {"c3": _facts("3", **changes)}
    found = {item["finding"]: item for item in run_audit(_cohort("aabb"), facts, None)["pixels"]}
    assert found[finding]["cases"] == ["c3"]
    assert found[finding]["count"] == 1
    assert finding != "uses-small-range" or "--intensity percentile" in found[finding]["text"]


def test_a_clean_cohort_has_no_findings() -> None:
    report = run_audit(_cohort("ab"), {f"c{i}": _facts(str(i)) for i in range(2)}, None)
    assert not report["pixels"]
    assert not report["duplicates"]
    assert "the patient of no case is known" in " ".join(report["notes"])


def test_groups_join_patients_duplicates_and_pages() -> None:
    table = pd.DataFrame(
        {
            "patient_id": pd.Series(["p", "p", None, None, None, None, None], dtype=object),
            "path": ["1.png", "2.png", "3.png", "4.tif", "4.tif", "5.npz", "5.npz"],
        }
    )
    groups = case_groups(table, ["x", "y", "y", None, None, "s", "t"])
    np.testing.assert_array_equal(groups, [0, 0, 0, 1, 1, 2, 3])


def test_every_check_speaks_of_known_sections() -> None:
    cohort = _cohort("ab")
    for name, check in CHECKS.items():
        assert set(check(Material(cohort, {}, {}))) <= set(SECTIONS), name


class _Hasher:
    def sha256(self, path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def is_stack(self, files: Sequence[Path]) -> bool:
        return False

    def members(self, path: Path) -> list[str]:
        return [""]


@pytest.mark.parametrize(
    ("name", "groups", "dropped"), [("breastmnist", 1, {"train": 1}), ("pneumoniamnist", 27, None)]
)
def test_known_duplicates(name: str, groups: int, dropped: dict[str, int] | None, tmp_path: Path) -> None:
    archive = DATA / name / f"{name}.npz"
    if not archive.is_file():
        pytest.skip(f"{name} is not in MEDGRAFT_TEST_DATA")
    cohort = read_cohort(archive, CohortOptions(), home=Home(tmp_path), reader=_Hasher())
    with np.load(archive) as arrays:
        images = {key: arrays[key] for key in arrays.files if key.endswith("_images")}
    places = [member.split("/") for member in cohort.table["member"]]
    hashes = [hashlib.sha256(images[key][int(index)].tobytes()).hexdigest() for key, index in places]
    facts = {case: _facts(digest) for case, digest in zip(cohort.table["case_id"], hashes, strict=True)}
    report = run_audit(cohort, facts, None)
    assert len(report["duplicates"]) == groups
    across = [entry for entry in report["duplicates"] if len(set(entry["splits"])) > 1]
    split = make_split(cohort, case_groups(cohort.table, hashes), seed=0)
    assert {item.part for item in split.dropped} == {"train"}
    assert len(split.test) == (cohort.table["split"] == "test").sum()
    if name == "breastmnist":
        assert [item.reason for item in split.dropped] == ["duplicate of a test case"]
        assert len(report["label_conflicts"]) == 1
        member = cohort.table.set_index("case_id").loc[split.dropped[0].case, "member"]
        assert member == "train_images/115"
    else:
        assert len(across) == 8
        assert not report["label_conflicts"]

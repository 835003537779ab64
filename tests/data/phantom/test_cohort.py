"""The phantom cohort: shares, seeds, sites, and what an existing folder gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medgraft.data.phantom.case import Case
from medgraft.data.phantom.cohort import PhantomPlan, phantom_cases, write_phantom
from medgraft.errors import ArtifactError, UsageError


def _cases(**changes: object) -> list[Case]:
    plan = {"patients": 20, "images_per_patient": (1, 1), "size": 32, **changes}
    return list(phantom_cases(PhantomPlan(**plan)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("prevalence", "positive"), [(0.0, 0), (0.25, 5), (0.5, 10), (1.0, 20)])
def test_prevalence_is_exact(prevalence: float, positive: int) -> None:
    assert sum(case.label == "nodule" for case in _cases(prevalence=prevalence)) == positive


def test_sites_are_balanced_within_each_label() -> None:
    cases = _cases(sites=2)
    for label in ("clear", "nodule"):
        names = [case.site.name for case in cases if case.label == label]
        assert names.count("synthetic-a") == names.count("synthetic-b") == 5


def test_a_confounded_cohort_is_confounded() -> None:
    cases = _cases(confounded=True)
    agree = sum((case.label == "nodule") == (case.site.name == "synthetic-b") for case in cases)
    assert agree == 18


def test_seeds_reproduce_and_differ() -> None:
    one, again, other = _cases(seed=3, patients=4), _cases(seed=3, patients=4), _cases(seed=4, patients=4)
    for first, second in zip(one, again, strict=True):
        np.testing.assert_array_equal(first.picture.pixels, second.picture.pixels)
        assert (first.label, first.site, first.nodules) == (second.label, second.site, second.nodules)
    assert any((a.picture.pixels != b.picture.pixels).any() for a, b in zip(one, other, strict=True))


def test_a_patient_keeps_anatomy_site_and_nodules() -> None:
    cases = _cases(patients=6, images_per_patient=(3, 3), prevalence=1.0, size=64)
    assert len(cases) == 18
    by_patient = {case.patient: [other for other in cases if other.patient == case.patient] for case in cases}
    assert len(by_patient) == 6 and all(len(group) == 3 for group in by_patient.values())
    for group in by_patient.values():
        assert len({case.site for case in group}) == 1 and len({case.nodules for case in group}) == 1
        assert not (group[0].picture.pixels == group[1].picture.pixels).all()
    within, between = [], []
    for a in cases:
        for b in cases:
            if a.stem < b.stem and a.site == b.site:
                gap = np.abs(a.picture.pixels.astype(float) - b.picture.pixels).mean()
                (within if a.patient == b.patient else between).append(gap)
    assert np.mean(within) < 0.8 * np.mean(between)


def test_writing_again_changes_nothing_and_finishes_what_was_interrupted(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "p", patients=3, size=32)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    write_phantom(folder, patients=3, size=32)
    (folder / "table.csv").unlink()
    receipt = folder / "phantom.json"
    receipt.write_text(receipt.read_text().replace('"complete": true', '"complete": false'))
    write_phantom(folder, patients=3, size=32)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(UsageError, match="holds other files"):
        write_phantom(tmp_path, patients=2, size=32)
    with pytest.raises(UsageError, match="is a file"):
        write_phantom(tmp_path / "mine.txt", patients=2, size=32)
    folder = write_phantom(tmp_path / "p", patients=2, size=32)
    with pytest.raises(UsageError, match="another plan"):
        write_phantom(folder, patients=3, size=32)


def test_a_folder_that_cannot_be_written_is_an_artifact_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtifactError, match="writing"):
        write_phantom(tmp_path / "file" / "below", patients=2, size=32)


@pytest.mark.parametrize(
    "changes",
    [
        {"patients": 0},
        {"images_per_patient": (3, 2)},
        {"sites": 0},
        {"prevalence": 1.5},
        {"size": 33},
        {"seed": -1},
        {"sites": 1, "confounded": True},
    ],
)
def test_a_plan_that_does_not_hold_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(changes)) if "confounded" not in changes else "confounded"):
        _cases(**changes)


def test_an_unknown_layout_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'folders'"):
        write_phantom(tmp_path / "p", layout="folder")

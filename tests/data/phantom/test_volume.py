"""Phantom volumes: a nodule where the truth says, in one to three slices, and nowhere else."""

from __future__ import annotations

import nibabel
import numpy as np
import pandas as pd
import pytest

from medgraft.data.phantom.volume import VolumePlan, volume_cases, write_volumes

PLAN = VolumePlan(patients=8, size=64, seed=3)


@pytest.fixture(scope="module")
def cases():
    return list(volume_cases(PLAN))


def test_half_have_a_nodule_in_one_to_three_neighbouring_slices(cases):
    assert sum(bool(case.nodule_slices) for case in cases) == 4
    for case in cases:
        assert case.values.shape == (24, 64, 64)
        assert case.label == ("nodule" if case.nodule_slices else "clear")
        if case.nodule_slices:
            assert 1 <= len(case.nodule_slices) <= 3
            assert set(np.diff(case.nodule_slices)) <= {1}


def test_values_are_hounsfield_units_of_air_lung_and_soft_tissue(cases):
    values = np.concatenate([case.values.ravel() for case in cases])
    for tissue in (-1000, -741, 0):
        assert (np.abs(values - tissue) < 40).mean() > 0.02


def test_the_slices_of_the_truth_are_where_the_nodule_is(monkeypatch, cases):
    """The same patients drawn without their nodules differ in those slices, and hardly in the others."""
    monkeypatch.setattr("medgraft.data.phantom.volume._sphere", lambda nodule, plan: np.zeros((72, 64, 64), bool))
    monkeypatch.setattr("medgraft.data.phantom.volume._coverage", lambda nodule, plan: np.eye(24)[5])
    for case, without in zip(cases, volume_cases(PLAN), strict=True):
        if len(case.nodule_slices) < 2:
            continue
        change = np.abs(case.values.astype(float) - without.values).reshape(24, -1)
        if np.percentile(change, 50) > 60:  # another nodule was drawn, hence other noise
            continue
        most = np.sort(change, axis=1)[:, -20:].mean(axis=1)
        assert set(np.argsort(most)[-2:]) <= set(range(min(case.nodule_slices) - 1, max(case.nodule_slices) + 2))


def test_written_twice_it_is_the_same(tmp_path, cases):
    for name in ("one", "two"):
        write_volumes(tmp_path / name, PLAN)
    table = pd.read_csv(tmp_path / "one" / "table.csv")
    assert list(table["label"]) == [case.label for case in cases]
    for path, case in zip(table["path"], cases, strict=True):
        first, second = (nibabel.load(tmp_path / name / path) for name in ("one", "two"))
        np.testing.assert_array_equal(np.asarray(first.dataobj), np.asarray(second.dataobj))
        np.testing.assert_array_equal(np.asarray(first.dataobj), case.values)
        np.testing.assert_allclose(first.affine, case.affine)
        assert nibabel.aff2axcodes(first.affine) == ("S", "P", "L")

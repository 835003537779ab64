"""Calibration comes back from JSON, says nothing it does not hold, and mends each label by its own map."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import expit, logit

from medgraft.errors import ArtifactError
from medgraft.measure.calibrating.chain import CalibrationChain
from medgraft.measure.calibrating.temperature import Temperature
from medgraft.measure.conformal.split import ConformalSets, SetRule, SharedBound
from medgraft.measure.operating.costs import Costs
from medgraft.transfer.models.calibration import Calibration, DemandedCut

SETS = ConformalSets(SetRule(), (SharedBound((0,), 0.25, 30), SharedBound((1,), float("inf"), 5)))
WHOLE = Calibration(
    threshold=0.4,
    threshold_from="val",
    chain=CalibrationChain((Temperature(2.0),)),
    sets=SETS,
    learnt_from="cv",
    demanded=(DemandedCut("sensitivity", 0.95, 0.1 + 0.2, "cv"),),
    costs=Costs(10.0, 0.5),
)


@pytest.mark.parametrize("one", [Calibration(), WHOLE, Calibration(per_label={"良性": WHOLE, "b": Calibration()})])
def test_it_comes_back_from_json(one: Calibration) -> None:
    assert Calibration.of(json.loads(json.dumps(one.to_json()))) == one


def test_an_older_content_is_one_that_mends_nothing() -> None:
    older = Calibration.of({"format_version": 1, "kind": "none", "threshold": 0.3, "threshold_from": "cv"})
    assert older == Calibration(threshold=0.3, threshold_from="cv")
    assert older.to_json() == {"kind": "none", "threshold": 0.3, "threshold_from": "cv"}
    said = np.array([[0.2, 0.8]])
    assert older.mended(said) is said
    assert older.members(said) is None


def test_probabilities_and_sets() -> None:
    said = np.array([[0.9, 0.1], [0.3, 0.7]])
    mended = WHOLE.mended(said)
    np.testing.assert_allclose(mended[:, 1], expit(logit(said[:, 1]) / 2))
    assert WHOLE.kind == "temperature"
    members = WHOLE.members(np.array([[0.9, 0.1], [0.3, 0.7]]))
    assert members is not None and members.tolist() == [[True, True], [False, True]]


def test_each_label_is_mended_by_its_own() -> None:
    said = np.array([[0.9, 0.1], [0.3, 0.7]])
    mended = Calibration(per_label={"a": WHOLE}).mended(said, ("a", "b"))
    np.testing.assert_allclose(mended[:, 0], expit(logit(said[:, 0]) / 2))
    np.testing.assert_array_equal(mended[:, 1], said[:, 1])


@pytest.mark.parametrize("change", [{"calibrator": {"maps": 3}}, {"sets": {"rule": {}}}])
def test_foreign_parts_are_refused(change) -> None:
    with pytest.raises(ArtifactError):
        Calibration.of({**WHOLE.to_json(), **change})

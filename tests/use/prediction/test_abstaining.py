"""Sets, reasons and refusals, from a bundle whose bounds are known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from medgraft.measure.conformal.split import ConformalSets, SetRule, SharedBound
from medgraft.transfer.models.calibration import Calibration
from medgraft.transfer.tasks.classification import Classification
from medgraft.transfer.tasks.multi_label import MultiLabel
from medgraft.use.prediction.abstaining import EMPTY, STRANGE, reliance_of


def sets(bound, classes=2):
    return ConformalSets(SetRule(), (SharedBound(tuple(range(classes)), bound, 50),))


def bundle(calibration, task=None, gate=None):
    return SimpleNamespace(task=task or Classification(("a", "b"), "b"), calibration=calibration, gate=gate)


def embedded(strangeness, contrast=(0.2, 0.2, 0.2)):
    """The gate reads its answer off the features."""
    gate = SimpleNamespace(strangeness=lambda features: features[:, 0])
    facts = [SimpleNamespace(std=spread) for spread in contrast]
    return gate, SimpleNamespace(features=np.array(strangeness, np.float64)[:, None], facts=facts)


SAID = np.array([[0.9, 0.1], [0.4, 0.6], [np.nan, np.nan]])


@pytest.mark.parametrize(
    ("bound", "told", "reasons"),
    [
        (0.5, ["a", "b", None], ["", "", ""]),
        (0.65, ["a", "a|b", None], ["", "set of 2", ""]),
        (0.3, ["a", "", None], ["", "no label fits", ""]),
    ],
)
def test_sets_and_why_not_to_rely(bound, told, reasons):
    found = reliance_of(bundle(Calibration(sets=sets(bound))), embedded([0, 0, 0])[1], SAID)
    assert (found.sets, found.abstain) == (told, reasons)
    assert np.isnan(found.strangeness).all() and not found.refused.any()


def test_the_gate_speaks_first_and_takes_the_set_away():
    gate, features = embedded([1.5, 1.0, 9.0])
    found = reliance_of(bundle(Calibration(sets=sets(0.65)), gate=gate), features, SAID)
    assert found.abstain == [STRANGE, "set of 2", ""]  # what could not be read has its own reason
    assert found.sets == [None, "a|b", None]
    assert found.refused.tolist() == [True, False, False]
    np.testing.assert_array_equal(found.strangeness, [1.5, 1.0, np.nan])


def test_an_empty_picture_is_refused_without_a_gate():
    found = reliance_of(bundle(Calibration(sets=sets(0.65))), embedded([0, 0, 0], (0.001, 0.01, 0.0))[1], SAID)
    assert found.abstain == [EMPTY, "set of 2", ""]
    assert found.refused.tolist() == [True, False, False]


def test_a_bundle_of_before_says_nothing():
    found = reliance_of(bundle(Calibration()), embedded([0, 0, 0])[1], SAID)
    assert (found.sets, found.abstain) == ([None] * 3, [""] * 3)


def test_several_labels():
    calibration = Calibration(per_label={"x": Calibration(sets=sets(0.4)), "y": Calibration(sets=sets(0.7))})
    said = np.array([[0.9, 0.1], [0.2, 0.6], [0.5, 0.9]])
    found = reliance_of(bundle(calibration, MultiLabel(("x", "y"))), embedded([0, 0, 0])[1], said)
    assert found.sets == ["x", "y", "y"]
    assert found.abstain == ["", "1 of them undecided", "1 of them undecided"]

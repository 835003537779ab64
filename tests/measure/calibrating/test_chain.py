"""Maps one after the other, as plain data and back."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medgraft.errors import ArtifactError
from medgraft.measure.calibrating.chain import CalibrationChain
from medgraft.measure.calibrating.new_site import prior_corrected
from medgraft.measure.calibrating.temperature import Temperature


def test_the_first_comes_first(draw_cases) -> None:
    _, said = draw_cases(0, n=20)
    hot, prior = Temperature(2.0), prior_corrected([1, 1], [9, 1])
    chain = CalibrationChain((hot,)).then(prior)
    assert (chain(said) == prior(hot(said))).all()
    assert not np.allclose(chain(said), hot(prior(said)))
    restored = CalibrationChain.of(json.loads(json.dumps(chain.to_dict())))
    assert restored == chain


def test_without_a_map_nothing_changes(draw_cases) -> None:
    _, said = draw_cases(0, n=20)
    assert CalibrationChain.of({"kind": "none"}) == CalibrationChain()
    assert CalibrationChain()(said) == pytest.approx(said)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ArtifactError, match="no list of calibrators"):
        CalibrationChain.of({"maps": "temperature"})
    with pytest.raises(ArtifactError, match="does not fit"):
        CalibrationChain.of({"maps": [{"kind": "nothing"}]})

"""A calibrator as plain data, and what is refused."""

from __future__ import annotations

import pytest

from medgraft.errors import ArtifactError
from medgraft.measure.calibrating.catalogue import calibrator_of, content_of
from medgraft.measure.calibrating.temperature import Temperature


def test_there_and_back() -> None:
    content = content_of(Temperature(1.7))
    assert content == {"kind": "temperature", "temperature": 1.7}
    assert calibrator_of(content) == Temperature(1.7)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"kind": "temperatur"},
        {"kind": "temperature"},
        {"kind": "temperature", "temperature": -1},
        {"kind": "temperature", "temperature": "hot"},
        {"kind": "isotonic", "curves": [{"said": [0.5, 0.1], "so": [0.1, 0.2]}]},
        {"kind": "shift-scale", "slope": 1.0, "shifts": None},
    ],
)
def test_what_does_not_fit_is_refused(content) -> None:
    with pytest.raises(ArtifactError, match="does not fit this medgraft"):
        calibrator_of(content)

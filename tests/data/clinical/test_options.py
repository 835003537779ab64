"""The options of a clinical table are closed, and agree with each other."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from medgraft.data.clinical.options import ClinicalOptions


def test_nothing_is_needed():
    options = ClinicalOptions()
    assert options.file is None
    assert options.by == "patient"


@pytest.mark.parametrize("given", [{"by": "name"}, {"colums": ["age"]}, {"columns": ["age"], "categories": ["sex"]}])
def test_what_does_not_hold_is_refused(given):
    with pytest.raises(ValidationError):
        ClinicalOptions(**given)

"""Sections are closed, every field says what it is, and shares make a whole."""

import pytest
from pydantic import ValidationError

from medgraft.experiment.sections import (
    BackboneSection,
    BundleSection,
    EvaluationSection,
    PreprocessSection,
    SplitSection,
)

ALL = (BackboneSection, BundleSection, EvaluationSection, PreprocessSection, SplitSection)


@pytest.mark.parametrize("section", ALL)
def test_closed_described_and_fixed(section):
    assert all(field.description for field in section.model_fields.values())
    with pytest.raises(ValidationError):
        section(unheard_of=1)
    with pytest.raises(ValidationError):
        setattr(section(), next(iter(section.model_fields)), None)


def test_the_shares_of_a_split_are_all_of_the_cases():
    assert SplitSection(train=0.5, val=0.25, test=0.25).train == 0.5
    with pytest.raises(ValidationError, match="must be 1"):
        SplitSection(train=0.5, val=0.4, test=0.4)

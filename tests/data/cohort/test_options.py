"""Options are closed and frozen."""

from __future__ import annotations

import pydantic
import pytest

from medgraft.data.cohort.options import CohortOptions


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pathcol": "x"}, "Extra inputs"),
        ({"patient_regex": "("}, "not a regular expression"),
        ({"patient_regex": "p"}, "has no group"),
        ({"patient_col": "p", "patient_regex": "(p)"}, "give one of them"),
        ({"modality": "x-ray"}, "Input should be"),
        ({"task": "boxes"}, "Input should be"),
        ({"mask_values": {"0": " "}}, "each value needs a name"),
    ],
)
def test_what_does_not_hold_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=message):
        CohortOptions.model_validate(given)


def test_every_field_is_described() -> None:
    assert all(field.description for field in CohortOptions.model_fields.values())

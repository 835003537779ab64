"""The rule of each modality; an unknown one gets the neutral rule."""

from __future__ import annotations

import pytest

from medgraft.data.imaging.defaults import intensity_for
from medgraft.types import Modality, Unit


@pytest.mark.parametrize("modality", list(Modality))
def test_rules(modality: Modality) -> None:
    assert intensity_for(modality, Unit.STORED) == ("percentile" if modality is Modality.MR else "declared")
    hounsfield = intensity_for(modality, Unit.HU)
    assert (getattr(hounsfield, "windows", ()) == ("lung", "soft-tissue", "bone")) == (modality is Modality.CT)

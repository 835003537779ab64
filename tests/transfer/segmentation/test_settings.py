"""Settings are closed and typed."""

import pytest
from pydantic import ValidationError

from medgraft.transfer.segmentation.settings import SegmentationSettings


def test_unknown_and_impossible_settings_are_refused():
    for wrong in ({"epoch": 3}, {"lr": 0}, {"overlap": 1.0}, {"network": "4d"}, {"foreground": 1.5}):
        with pytest.raises(ValidationError):
            SegmentationSettings(**wrong)


def test_every_setting_says_what_it_is():
    assert all(field.description for field in SegmentationSettings.model_fields.values())

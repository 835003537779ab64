"""The options of detection: closed, and described."""

import pytest
from pydantic import ValidationError

from medgraft.transfer.detection.settings import DetectionSettings


def test_an_unknown_option_is_an_error():
    with pytest.raises(ValidationError, match="learning_rate"):
        DetectionSettings(learning_rate=1e-3)


@pytest.mark.parametrize("wrong", [{"size": 300}, {"width": 40}, {"frozen_stride": 2}, {"architecture": "yolo"}])
def test_what_no_network_can_be_is_an_error(wrong):
    with pytest.raises(ValidationError):
        DetectionSettings(**wrong)


def test_every_option_is_described_and_nothing_can_be_changed():
    assert all(field.description for field in DetectionSettings.model_fields.values())
    with pytest.raises(ValidationError):
        DetectionSettings().epochs = 3

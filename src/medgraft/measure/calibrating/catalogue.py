"""All built-in calibrators: importing this registers them; and a calibrator as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.errors import ArtifactError, UsageError
from medgraft.measure.calibrating.calibrator import CALIBRATORS, Calibrator
from medgraft.measure.calibrating.isotonic import Isotonic
from medgraft.measure.calibrating.none import Uncalibrated
from medgraft.measure.calibrating.shift_scale import ShiftScale
from medgraft.measure.calibrating.temperature import Temperature

__all__ = ["BUILT_IN", "calibrator_of", "content_of"]

BUILT_IN: tuple[type[Calibrator], ...] = (Uncalibrated, Temperature, Isotonic, ShiftScale)


def content_of(calibrator: Calibrator) -> dict[str, Any]:
    """``{kind, …parameters}``, for ``calibration.json``."""
    return {"kind": calibrator.kind, **calibrator.parameters()}


def calibrator_of(content: Mapping[str, Any]) -> Calibrator:
    """The calibrator of ``content_of``. Raises ``ArtifactError`` for an unknown kind or parameters that do not fit."""
    try:
        return CALIBRATORS.get(str(content["kind"])).restore(content)
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise ArtifactError(f"reading a calibrator: it does not fit this medgraft ({error}); fit again") from error

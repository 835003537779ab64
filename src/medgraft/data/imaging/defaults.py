"""How values become black and white where nobody says: by modality and unit, as the files declare them.

CT in Hounsfield units    the windows of lung, soft tissue and bone as three channels
MR                        the 0.5th and 99.5th percentile of each picture, because its numbers have no unit
everything else           the file's own window, else its declared range; so too for a modality that is not known
"""

from __future__ import annotations

from typing import Literal

from medgraft.data.imaging.preprocess import CtWindows
from medgraft.types import Modality, Unit

__all__ = ["intensity_for"]


def intensity_for(modality: Modality, unit: Unit) -> Literal["declared", "percentile"] | CtWindows:
    """The rule for a cohort of this modality whose values have this unit."""
    if modality is Modality.CT and unit is Unit.HU:
        return CtWindows(windows=("lung", "soft-tissue", "bone"))
    return "percentile" if modality is Modality.MR else "declared"

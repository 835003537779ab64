"""The built-in adaptations; importing this registers them, and imports no torch."""

from __future__ import annotations

from medgraft.transfer.adaptation import (
    acquisition_matching,
    adabn,
    cdan,
    coral,
    dan,
    dann,
    dann_multi,
    deep_coral,
    importance_weighting,
    jan,
    label_shift,
    linear_optimal_transport,
    m3sda,
    mcc,
    mcd,
    optimal_transport,
    pooled_labels,
    pseudo_labels,
    shot,
    source_combine,
    source_only,
    standardise,
    subspace_alignment,
    tent,
    weighted_sources,
)
from medgraft.transfer.adaptation.adaptation import ADAPTATIONS

__all__ = ["ADAPTATIONS", "BUILT_IN"]

BUILT_IN = (
    source_only,
    pooled_labels,
    acquisition_matching,
    standardise,
    coral,
    subspace_alignment,
    optimal_transport,
    linear_optimal_transport,
    importance_weighting,
    label_shift,
    pseudo_labels,
    shot,
    adabn,
    tent,
    deep_coral,
    dan,
    jan,
    dann,
    cdan,
    mcd,
    mcc,
    source_combine,
    weighted_sources,
    m3sda,
    dann_multi,
)

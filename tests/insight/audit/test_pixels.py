"""Findings about pixels, each planted alone."""

from __future__ import annotations

import pandas as pd

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.imaging.facts import PixelFacts
from medgraft.insight.audit.check import Material
from medgraft.insight.audit.pixels import pixel_findings
from medgraft.types import Modality


def test_count_is_whole_and_cases_are_twenty() -> None:
    names = [f"c{index}" for index in range(30)]
    table = pd.DataFrame({"case_id": names, "label": "x"})
    flat = PixelFacts("h", 0, 64, 64, 1, "uint8", 0.0, 255.0, 9.0, 9.0, 0.5, 0.0, Modality.UNKNOWN, None, ())
    found = pixel_findings(Material(Cohort(table, ("x",), "made", "made"), dict.fromkeys(names, flat), {}))
    (finding,) = found["pixels"]
    assert finding["finding"] == "constant-images"
    assert finding["count"] == 30
    assert finding["cases"] == names[:20]
    assert finding["text"].startswith("30 pictures have one value")

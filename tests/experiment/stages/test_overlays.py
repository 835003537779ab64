"""Pictures of the best, the median and the worst case for the report."""

import io

import pandas as pd
from PIL import Image


def test_pictures_for_the_report(outlined_run):
    overlays = pd.read_parquet(outlined_run / "private" / "overlays.parquet")
    assert set(overlays["kind"]) == {"best", "median", "worst"}
    for row in overlays.to_dict("records"):
        sizes = {Image.open(io.BytesIO(row[name])).size for name in ("jpeg", "truth_png", "called_png")}
        assert len(sizes) == 1

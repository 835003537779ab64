from __future__ import annotations

import time

import pytest

from medgraft.errors import ArtifactError
from medgraft.use.report.render import MOST_BYTES, render_report


@pytest.mark.parametrize("labels", [("benign", "malignant"), ("a", "b", "c")])
@pytest.mark.parametrize("patients", [True, False])
@pytest.mark.parametrize("cv", [True, False])
def test_every_kind_of_run_gets_its_report(fabricate, labels, patients, cv):
    run = fabricate(labels=labels, patients=patients, cv=cv, n=120, thumbnails=16)
    path = render_report(run)
    page = path.read_text("utf-8")
    assert path == run / "report.html" and "Research use only, not a medical device" in page
    assert "keep it in the house" in page and "data:image/jpeg" in page
    assert ("Cross-validation" in page) == cv and ("patients unknown" in page) != patients
    assert (run / "model_card.md").read_text("utf-8").startswith("# Model card: breast ultrasound")


def test_the_same_run_gives_the_same_bytes(fabricate):
    run = fabricate(n=120, thumbnails=16)
    assert render_report(run).read_bytes() == render_report(run).read_bytes()


def test_without_images_there_is_no_picture_in_the_bytes(fabricate):
    page = render_report(fabricate(n=120, thumbnails=16), images=False).read_text("utf-8")
    assert "data:image" not in page.replace("data:image/svg+xml", "").split("plotly.js v")[0]
    assert "<img" not in page.split("plotly.js v")[0] and "/9j/" not in page.split("plotly.js v")[0]
    assert "keep it in the house" not in page and "left out of this report on request" in page


def test_no_thumbnails_is_said(fabricate):
    page = render_report(fabricate(n=60)).read_text("utf-8")
    assert "holds no thumbnails" in page and "keep it in the house" not in page


def test_never_larger_than_the_limit(fabricate):
    run = fabricate(n=300, thumbnails=16, random_jpeg_bytes=200_000, cv=False)
    path = render_report(run)
    assert path.stat().st_size <= MOST_BYTES
    assert "pictures left out" in path.read_text("utf-8")


def test_quick_for_800_cases(fabricate):
    run = fabricate(n=800, thumbnails=64)
    render_report(run)
    start = time.perf_counter()
    render_report(run)
    assert time.perf_counter() - start < 4  # about 0.4 s on an idle core; the machine may be shared


def test_damaged_run_leaves_the_old_report(fabricate):
    run = fabricate(n=60)
    before = render_report(run).read_bytes()
    (run / "metrics.json").write_text("{")
    with pytest.raises(ArtifactError, match="damaged"):
        render_report(run)
    assert (run / "report.html").read_bytes() == before

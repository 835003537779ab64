"""``medgraft show`` draws one picture."""

from __future__ import annotations


def test_show(fitted, call, tmp_path):
    file = sorted((fitted.cohort / "images").glob("*.png"))[0]
    content = call("show", file, "--out", tmp_path / "a.png", "--augment", "2")
    assert len(content["augmentations"]) == 2
    assert (tmp_path / "a.png").stat().st_size > 1000

"""Similar cases against a plain computation; nothing but keyed ids and labels beside the rows."""

from __future__ import annotations

import numpy as np
import pytest

from medgraft.errors import ArtifactError, UsageError
from medgraft.insight.explanation.similar import Gallery, read_gallery

N, D = 20, 6
CASES, LABELS = [f"{place:016x}" for place in range(N)], ["ab"[place % 2] for place in range(N)]


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(2, 3, (N, D)).astype(np.float32)


def test_the_nearest_by_hand(features):
    new = np.random.default_rng(1).normal(2, 3, (4, D)).astype(np.float32)
    standard, asked = ((x - features.mean(0)) / features.std(0) for x in (features, new))
    cosine = asked @ standard.T / np.linalg.norm(asked, axis=1)[:, None] / np.linalg.norm(standard, axis=1)
    for found, row in zip(Gallery.of(features, CASES, LABELS).nearest(new, 5), cosine, strict=True):
        order = np.argsort(-row)[:5]
        assert [one.case_id for one in found] == [CASES[place] for place in order]
        assert [one.label for one in found] == [LABELS[place] for place in order]
        np.testing.assert_allclose([one.cosine for one in found], row[order], atol=2e-3)


def test_a_case_is_most_like_itself(features):
    found = Gallery.of(features, CASES, LABELS).nearest(features, 1)
    assert [one[0].case_id for one in found] == CASES
    assert all(one[0].cosine == pytest.approx(1, abs=2e-3) for one in found)


def test_a_feature_that_never_differs_counts_for_nothing(features):
    features[:, 2] = 7
    gallery, other = Gallery.of(features, CASES, LABELS), features[:1].copy()
    other[0, 2] = 1e6
    assert gallery.nearest(other, 1)[0][0].case_id == CASES[0]


def test_written_and_read(features, tmp_path):
    assert read_gallery(tmp_path) is None
    gallery = Gallery.of(features, CASES, LABELS)
    gallery.write(tmp_path)
    assert read_gallery(tmp_path).nearest(features[:3]) == gallery.nearest(features[:3])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["gallery.json", "gallery.safetensors"]


def test_what_is_damaged_or_does_not_fit(features, tmp_path):
    gallery = Gallery.of(features, CASES, LABELS)
    with pytest.raises(ArtifactError, match="do not fit a gallery of 6"):
        gallery.nearest(features[:, :4])
    with pytest.raises(UsageError, match="20 rows, 19 cases"):
        Gallery.of(features, CASES[:-1], LABELS)
    gallery.write(tmp_path)
    (tmp_path / "gallery.safetensors").write_bytes(b"x")
    with pytest.raises(ArtifactError, match="damaged"):
        read_gallery(tmp_path)

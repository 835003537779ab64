"""Tissues are ordered as nature has them."""

from __future__ import annotations

from medgraft.data.phantom import tissue


def test_denser_tissue_attenuates_more() -> None:
    order = [tissue.AIR, tissue.LUNG, tissue.SOFT, tissue.MARROW, tissue.VERTEBRA, tissue.CORTICAL]
    assert order == sorted(order) and len(set(order)) == 6


def test_lung_is_soft_tissue_of_a_quarter_of_its_density() -> None:
    assert abs(tissue.LUNG / tissue.SOFT - 0.26) < 0.01

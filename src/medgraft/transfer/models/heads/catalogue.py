"""The built-in heads; importing this registers them."""

from __future__ import annotations

from medgraft.transfer.models.heads import fourier, gallery, grades, linear, mlp, per_site, shifted, sigmoid, trees
from medgraft.transfer.models.heads.head import HEADS

__all__ = ["BUILT_IN", "HEADS"]

BUILT_IN = (linear, gallery, sigmoid, grades, per_site, fourier, trees, mlp, shifted)

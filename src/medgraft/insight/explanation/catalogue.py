"""The built-in methods; importing this registers them."""

from __future__ import annotations

from medgraft.insight.explanation import gradcam, hirescam, integrated_gradients, occlusion
from medgraft.insight.explanation.explainer import EXPLAINERS

__all__ = ["BUILT_IN", "DEFAULT_METHOD", "EXPLAINERS"]

BUILT_IN = (hirescam, gradcam, occlusion, integrated_gradients)
DEFAULT_METHOD = hirescam.HiResCam.name

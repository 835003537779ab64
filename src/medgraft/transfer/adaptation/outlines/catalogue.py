"""The built-in adaptations of outlines; importing this registers them."""

from __future__ import annotations

from medgraft.transfer.adaptation.outlines import adabn, entropy, output_adversarial, source_only, tent
from medgraft.transfer.adaptation.outlines.outline_adaptation import OUTLINE_ADAPTATIONS

__all__ = ["BUILT_IN", "OUTLINE_ADAPTATIONS"]

BUILT_IN = (source_only, adabn, tent, entropy, output_adversarial)

"""All built-in losses between sites: importing this registers them."""

from __future__ import annotations

from medgraft.transfer.adaptation.losses import adversarial, confusion, correlation, discrepancy, mmd, moment_matching
from medgraft.transfer.adaptation.losses.loss import LOSSES

__all__ = ["BUILT_IN", "LOSSES"]

BUILT_IN = (correlation, mmd, adversarial, discrepancy, confusion, moment_matching)

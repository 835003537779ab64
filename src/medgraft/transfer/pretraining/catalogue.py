"""All source tasks; importing this registers them."""

from __future__ import annotations

from medgraft.transfer.pretraining import supervised, vicreg
from medgraft.transfer.pretraining.pretext import PRETEXTS

__all__ = ["PRETEXTS"]

_BUILT_IN = (supervised, vicreg)

"""When the process began to do something of ours, for the ``startup`` row of the timings."""

from __future__ import annotations

import time

__all__ = ["STARTED"]

STARTED = time.perf_counter()

"""``python -m medgraft``."""

from __future__ import annotations

import sys

from medgraft.cli.main import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())

"""The benchmarks' page: each command replaces its own part, between its markers."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def replace_section(name, content):
    """Put ``content`` between ``<!-- name:begin -->`` and ``<!-- name:end -->``."""
    text = PAGE.read_text("utf-8")
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    fresh = f"{begin}\n{content}\n{end}"
    PAGE.write_text(re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: fresh, text, flags=re.S), "utf-8")

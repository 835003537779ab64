"""The pages that benchmarks write: each command replaces its own part, between its markers."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def replace_section(name, content, page="benchmarks.md"):
    """Put ``content`` between ``<!-- name:begin -->`` and ``<!-- name:end -->`` of a page of the docs."""
    text = (DOCS / page).read_text("utf-8")
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    fresh = f"{begin}\n{content}\n{end}"
    (DOCS / page).write_text(
        re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: fresh, text, flags=re.S), "utf-8"
    )

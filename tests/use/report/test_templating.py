"""Pages without a script: escaped, inert, and an unknown name is an error."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from medgraft.use.report.templating import draw_inert, environment, source_of


def test_a_page_is_escaped_and_nothing_in_it_runs() -> None:
    page = draw_inert("audit.html", {"title": "<script>alert(1)</script>", "sections": [], "pictures": None})
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;: medgraft audit</title>" in page
    assert "default-src 'none'" in page
    assert source_of(environment(), "style.css") in page


def test_what_a_template_names_must_be_there() -> None:
    with pytest.raises(UndefinedError, match="sections"):
        draw_inert("audit.html", {"title": "a", "pictures": None})

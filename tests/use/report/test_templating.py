"""Pages without a script: escaped, inert, and an unknown name is an error."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from jinja2 import UndefinedError

from medgraft.use.report.templating import draw_inert, embedded, environment, policy_for, source_of


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


def test_data_cannot_end_their_block() -> None:
    content = {"a": "</script><!-- &\u2028", "b": [1, None]}
    text = str(embedded(content))
    assert not set("<>&\u2028") & set(text) and json.loads(text) == content
    with pytest.raises(ValueError, match="JSON"):
        embedded(float("nan"))


def test_only_the_given_scripts_may_run() -> None:
    policy = policy_for(["alert(1)"])
    digest = base64.b64encode(hashlib.sha256(b"alert(1)").digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy and "default-src 'none'" in policy

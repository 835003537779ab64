"""The templates of this room, pages that hold no script, and what a page with scripts needs to be safe.

``frame.html`` is what such pages have in common: a content security policy under which nothing runs and nothing is
fetched, the style, the warning, the heading. A page extends it by the blocks ``verb``, ``lead`` and ``main``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["draw_inert", "embedded", "environment", "policy_for", "source_of"]


def environment(**options: Any) -> Environment:
    """The templates of this room; an unknown name in one is an error. ``options``: those of jinja2."""
    return Environment(loader=PackageLoader("medgraft.use.report", "templates"), undefined=StrictUndefined, **options)


def source_of(templates: Environment, name: str) -> str:
    """A file as it is, the style or the script."""
    return templates.loader.get_source(templates, name)[0] if templates.loader else ""


def draw_inert(template: str, content: Mapping[str, Any]) -> str:
    """A page that extends ``frame.html``: one self-contained HTML text. ``content`` has what the template names, and
    the ``title`` and ``pictures`` of the frame; all of it is escaped."""
    templates = environment(autoescape=True)
    return templates.get_template(template).render(content, style=Markup(source_of(templates, "style.css")))


def embedded(content: Any) -> Markup:
    """JSON for a script block: no sign that could end the block or start a comment."""
    text = json.dumps(content, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # the signs of HTML are gone


def policy_for(scripts: Sequence[str]) -> str:
    """A content security policy under which only ``scripts`` run and nothing is fetched."""
    digests = [base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii") for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )

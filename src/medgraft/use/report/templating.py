"""The templates of this room, and pages that hold no script.

``frame.html`` is what such pages have in common: a content security policy under which nothing runs and nothing is
fetched, the style, the warning, the heading. A page extends it by the blocks ``verb``, ``lead`` and ``main``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["draw_inert", "environment", "source_of"]


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

"""The source as data: every module of medgraft with its name, its path and its syntax tree."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Module:
    """One source file. ``name`` is dotted; a package's ``__init__.py`` carries the package's name."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"


@pytest.fixture(scope="session")
def modules(repository: Path) -> dict[str, Module]:
    """All modules of ``src/medgraft`` by dotted name."""
    source = repository / "src"
    found = {}
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text("utf-8")
        found[name] = Module(name, path, text, ast.parse(text, str(path)))
    assert "medgraft.errors" in found
    return found

"""A small honest surface: at most 40 public names, each there; every module says what it offers."""

from __future__ import annotations

import ast
import importlib
import tomllib

import medgraft

MOST_NAMES = 40


def _declared(tree: ast.Module) -> list[str] | None:
    """The names in the module's ``__all__``; None where it has none."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return [str(item) for item in ast.literal_eval(node.value)]
    return None


def _defined(tree: ast.Module) -> set[str]:
    """The names that stand at the top level of a module, including those under ``if`` and ``try``."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.TypeAlias if hasattr(ast, "TypeAlias") else ()):
            names.add(node.name.id)
    return names


def test_the_surface_is_small_and_true():
    assert len(medgraft.__all__) <= MOST_NAMES
    assert len(set(medgraft.__all__)) == len(medgraft.__all__)
    for name in medgraft.__all__:
        assert getattr(medgraft, name) is not None, name
    assert set(medgraft.__all__) <= set(dir(medgraft)), "what is public can be found by completion"


def test_every_module_declares_what_it_offers(modules):
    silent = [n for n, m in modules.items() if not m.is_package and _declared(m.tree) is None]
    assert not silent, f"modules without __all__: {silent}"


def test_what_is_declared_is_there(modules):
    for name, module in modules.items():
        if module.is_package:
            continue
        missing = set(_declared(module.tree) or ()) - _defined(module.tree)
        assert not missing, f"{name}.__all__ names {sorted(missing)}, which it does not define"


def test_packages_hold_a_sentence_only(modules):
    """``__init__.py`` re-exports nothing: a thing has one name. The surface itself is the exception."""
    for name, module in modules.items():
        if module.is_package and name != "medgraft":
            assert ast.get_docstring(module.tree), f"{name} has no docstring"
            assert len(module.tree.body) == 1, f"{name}/__init__.py holds more than its docstring"


def test_every_module_has_a_docstring(modules):
    bare = [name for name, module in modules.items() if not ast.get_docstring(module.tree)]
    assert not bare


def test_every_public_thing_has_a_docstring(modules):
    bare = []
    for name, module in modules.items():
        public = set(_declared(module.tree) or ())
        for node in module.tree.body:
            is_thing = isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in public
            if is_thing and not ast.get_docstring(node):
                bare.append(f"{name}.{node.name}")
    assert not bare, f"public, without a docstring: {bare}"


def test_the_version_is_said_once(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    version = getattr(importlib.import_module("medgraft"), "__version__", project["version"])
    assert version == project["version"]

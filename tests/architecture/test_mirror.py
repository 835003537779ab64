"""One concept, one file, one test: ``src/medgraft/a/b.py`` is tested by ``tests/a/test_b.py``."""

from __future__ import annotations

import ast

WITHOUT_TEST: dict[str, str] = {
    "medgraft.__main__": "one line; the docs commands run it",
}
"""Modules with code that are tested elsewhere, each with where."""

EXTRA_TEST_FOLDERS = {"architecture", "docs", "hostile"}
"""Folders of tests about the whole, which mirror no room."""


def _has_code(tree: ast.Module) -> bool:
    """Whether there is a function with a body that does something."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(not _is_stub(function) for function in functions)


def _is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A contract's method: a docstring and ``...`` only."""
    return all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in function.body)


def test_every_module_has_its_test(modules, repository):
    missing = []
    for name, module in modules.items():
        if module.is_package or name in WITHOUT_TEST or not _has_code(module.tree):
            continue
        *rooms, last = name.split(".")[1:]
        test = repository.joinpath("tests", *rooms, f"test_{last.strip('_')}.py")
        if not test.is_file():
            missing.append(str(test.relative_to(repository)))
    assert not missing, "tests that are not there:\n" + "\n".join(missing)


def test_every_test_folder_mirrors_a_room(modules, repository):
    rooms = {tuple(name.split(".")[1:]) for name, module in modules.items() if module.is_package}
    rooms |= {(*room, "schemas") for room in rooms if room[-1:] == ("experiment",)}
    strays = set()
    for path in (repository / "tests").rglob("test_*.py"):
        place = path.relative_to(repository / "tests").parts[:-1]
        if place[:1] and place[0] in EXTRA_TEST_FOLDERS:
            continue
        if place not in rooms:
            strays.add("/".join(place))
    assert not strays, f"test folders that mirror no room of src/medgraft: {sorted(strays)}"


def test_tests_are_no_packages(repository):
    assert not list((repository / "tests").rglob("__init__.py"))

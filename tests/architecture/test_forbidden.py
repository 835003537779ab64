"""What must not stand in the source, and what must not stand in any text of the repository."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("medgraft.source.weights.checkpoint", "unsafe-import"): (
        "names pickle.UnpicklingError, which torch.load(weights_only=True) raises; unpickles nothing"
    ),
    ("medgraft.use.report.page", "unsafe-argument"): (
        "autoescape=False for model_card.md, which is Markdown: a finalizer escapes both Markdown and HTML"
    ),
}
"""(module, rule) that may break a rule, with the reason."""

UNSAFE_CALLS = {
    "eval": "evaluates text",
    "exec": "executes text",
    "compile": "compiles text",
    "__import__": "imports by text",
    "print": "prints from the library: report to a Progress",
    "extractall": "an archive may write anywhere: extract by name",
    "os.system": "a shell",
    "os.popen": "a shell",
    "np.random.seed": "a global seed",
    "numpy.random.seed": "a global seed",
    "random.seed": "a global seed",
    "warnings.filterwarnings": "a filter for the whole process",
    "warnings.simplefilter": "a filter for the whole process",
    "tempfile.mktemp": "a race",
    "pd.read_pickle": "runs code from a file",
    "joblib.load": "runs code from a file",
}

UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}

UNSAFE_ARGUMENTS = {"shell": True, "force": True, "allow_pickle": True, "autoescape": False}


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    yield from ((_dotted(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def _asserts(tree: ast.AST) -> Iterator[int]:
    yield from (node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert))


def _bare_excepts(tree: ast.AST) -> Iterator[int]:
    """``except:``, and ``except Exception`` whose body says nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            silent = all(isinstance(line, ast.Pass | ast.Continue) for line in node.body)
            broad = node.type is not None and _dotted(node.type) in ("Exception", "BaseException")
            if node.type is None or (broad and silent):
                yield node.lineno


def _inside(tree: ast.AST, context: str) -> set[int]:
    """Ids of the nodes inside ``with …context…:``."""
    return {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and any(context in ast.dump(item.context_expr) for item in node.items)
        for inner in ast.walk(node)
    }


def _unsafe_calls(tree: ast.AST) -> Iterator[int]:
    """Calls by name; a warning filter may be set inside ``with warnings.catch_warnings()``."""
    scoped = _inside(tree, "catch_warnings")
    for name, call in _calls(tree):
        is_scoped_filter = name.startswith("warnings.") and id(call) in scoped
        if (name in UNSAFE_CALLS or name.endswith("extractall")) and not is_scoped_filter:
            yield call.lineno


def _unsafe_arguments(tree: ast.AST) -> Iterator[int]:
    for _, call in _calls(tree):
        for keyword in call.keywords:
            wanted = UNSAFE_ARGUMENTS.get(keyword.arg or "")
            if wanted is not None and isinstance(keyword.value, ast.Constant) and keyword.value.value is wanted:
                yield call.lineno


def _unsafe_torch_load(tree: ast.AST) -> Iterator[int]:
    for name, call in _calls(tree):
        if name == "torch.load":
            given = {k.arg: k.value for k in call.keywords}.get("weights_only")
            if not (isinstance(given, ast.Constant) and given.value is True):
                yield call.lineno


def _unsafe_imports(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        if {name.split(".")[0] for name in names} & UNSAFE_MODULES:
            yield node.lineno


def _loose_seeds(tree: ast.AST) -> Iterator[int]:
    """A seed that is not inside ``with torch.random.fork_rng(...)``."""
    forked = _inside(tree, "fork_rng")
    for name, call in _calls(tree):
        if name == "torch.manual_seed" and id(call) not in forked:
            yield call.lineno


RULES: dict[str, Callable[[ast.AST], Iterator[int]]] = {
    "assert": _asserts,
    "bare-except": _bare_excepts,
    "unsafe-call": _unsafe_calls,
    "unsafe-argument": _unsafe_arguments,
    "torch-load": _unsafe_torch_load,
    "unsafe-import": _unsafe_imports,
    "global-seed": _loose_seeds,
}


def test_the_source_keeps_every_rule(modules):
    broken = []
    for name, module in modules.items():
        for rule, finds in RULES.items():
            if (name, rule) not in EXCEPTIONS:
                broken += [f"{name}:{line} breaks {rule}" for line in finds(module.tree)]
    assert not broken, "\n".join(broken)


def test_the_list_of_exceptions_is_true(modules):
    """An exception that is no longer needed is taken off the list."""
    for name, rule in EXCEPTIONS:
        assert list(RULES[rule](modules[name].tree)), (name, rule)


def test_the_rules_bite():
    """Each rule finds what it is there for."""
    planted = {
        "assert": "assert x",
        "bare-except": "try:\n    f()\nexcept:\n    g()",
        "unsafe-call": "eval('1')\narchive.extractall()",
        "unsafe-argument": "pydicom.dcmread(path, force=True)",
        "torch-load": "torch.load(path)",
        "unsafe-import": "import pickle",
        "global-seed": "torch.manual_seed(0)",
    }
    assert set(planted) == set(RULES)
    for rule, code in planted.items():
        assert list(RULES[rule](ast.parse(code))), rule
    harmless = "with torch.random.fork_rng():\n    torch.manual_seed(0)\ntorch.load(path, weights_only=True)"
    assert not any(list(finds(ast.parse(harmless))) for finds in RULES.values())


TEXT = {".py", ".md", ".toml", ".txt", ".json", ".html", ".css", ".js", ".svg", ".yml", ".yaml", ".cfg", ""}
OUTSIDE = {
    ".git",
    ".venv",
    "wheelhouse",
    "build",
    "dist",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
}

# Written in two halves, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(
    r"(?<![\w.])/(" + "|".join(("wor" + "k", "roo" + "t", "hom" + r"e/\w+", "Use" + r"rs/\w+")) + ")/"
)
REGISTRY_HOSTS = re.compile(
    "|".join(("pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.org", "debian" + r"\.org"))
)


def _texts(repository: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(repository.rglob("*")):
        place = path.relative_to(repository)
        if set(place.parts[:-1]) & OUTSIDE or any(part.endswith(".egg-info") for part in place.parts):
            continue
        if path.is_file() and not path.is_symlink() and path.suffix in TEXT and place.parts[0] not in OUTSIDE:
            yield place, path.read_text("utf-8", errors="replace")


def test_no_text_names_a_machine_or_a_registry(repository):
    named = [
        f"{place}: {found.group(0)}"
        for place, text in _texts(repository)
        for pattern in (MACHINE_PATHS, REGISTRY_HOSTS)
        if (found := pattern.search(text))
    ]
    assert not named, "\n".join(named)


def test_no_utils(modules):
    vague = {"utils", "util", "common", "helpers", "helper", "misc", "tools"}
    assert not [name for name in modules if vague & set(name.split("."))]

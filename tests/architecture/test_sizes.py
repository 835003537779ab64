"""Sizes that keep a file readable. A justified exception stands here by name, with its reason."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

LINES_A_FILE = 300
LINES_A_FUNCTION = 50
"""Counted from ``def`` to its last line, docstring and all."""
PARAMETERS = 6

LONG_FILES: dict[str, str] = {}
_OPTIONS = "a verb of the command line: its options are its lines"
LONG_FUNCTIONS: dict[str, str] = {
    "medgraft.cli.adapt.adapt": _OPTIONS,
    "medgraft.cli.audit.audit": _OPTIONS,
    "medgraft.cli.contour.contour": _OPTIONS,
    "medgraft.cli.embed.embed": _OPTIONS,
    "medgraft.cli.evaluate.evaluate": _OPTIONS,
    "medgraft.cli.fit.fit": _OPTIONS,
    "medgraft.cli.predict.predict": _OPTIONS,
    "medgraft.cli.pretrain.pretrain": _OPTIONS,
    "medgraft.cli.rank.rank": _OPTIONS,
    "medgraft.cli.shift.shift": _OPTIONS,
    "medgraft.cli.track.track": _OPTIONS,
    "medgraft.experiment.adapting.adapt_run": "one line a step, and one an entry of adaptation.json",
    "medgraft.experiment.adapting_outlines.adapt_outlined": "one line a step, and one an entry of adaptation.json",
    "medgraft.experiment.api.fit": _OPTIONS,
    "medgraft.experiment.predicting.evaluate_run": "one line an option, and one a step",
}
_VERB = "what a public verb does; its keyword-only options are the verb's"
MANY_PARAMETERS: dict[str, str] = {
    "medgraft.experiment.adapting.adapt_run": _VERB,
    "medgraft.experiment.adapting_outlines.adapt_outlined": _VERB,
    "medgraft.experiment.auditing.audit_data": _VERB,
    "medgraft.experiment.detecting.detect_files": _VERB,
    "medgraft.experiment.fitting.fit_run": _VERB,
    "medgraft.experiment.evaluating_boxes.evaluate_boxed": _VERB,
    "medgraft.experiment.evaluating_outlines.evaluate_outlined": _VERB,
    "medgraft.experiment.featuring.embed_data": _VERB,
    "medgraft.experiment.outlining.outline_files": _VERB,
    "medgraft.experiment.predicting.evaluate_run": _VERB,
    "medgraft.experiment.predicting.predict_files": _VERB,
    "medgraft.experiment.pretraining.pretrain_weights": _VERB,
    "medgraft.experiment.ranking.rank_data": _VERB,
    "medgraft.experiment.shifting.shift_data": _VERB,
    "medgraft.experiment.showing.show_file": _VERB,
    "medgraft.experiment.tracking.track_studies": _VERB,
    "medgraft.measure.evaluation.evaluate_repeats": "the twin of `evaluate`, with the same options",
}
DEEP_CLASSES: dict[str, str] = {}

PUBLIC_VERBS = {
    *(
        "fit",
        "evaluate",
        "predict",
        "compare",
        "pretrain",
        "rank",
        "report",
        "embed",
        "audit",
        "shift",
        "adapt",
        "show",
        "demo",
        "register",
        "write_phantom",
    ),
    *(
        "register_backbone",
        "import_weights",
        "fetch_weights",
    ),  # the same as `register` and `medgraft weights`
}
"""Their keyword-only options do not count; neither does anything in ``cli``."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(tree: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    """Every function with its qualified name."""
    for node in ast.iter_child_nodes(tree):
        name = f"{prefix}.{node.name}" if isinstance(node, Function | ast.ClassDef) else prefix
        if isinstance(node, Function):
            yield name, node
        yield from _functions(node, name)


def _parameters(function: Function, name: str) -> int:
    """How many a caller has to know; ``self`` and ``cls`` are not among them."""
    arguments = function.args
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args) if a.arg not in ("self", "cls")]
    keyword = 0 if name.rpartition(".")[2] in PUBLIC_VERBS else len(arguments.kwonlyargs)
    return len(positional) + keyword


def test_files_are_short(modules):
    long = {n: m.text.count("\n") for n, m in modules.items() if m.text.count("\n") > LINES_A_FILE}
    assert set(long) == set(LONG_FILES), f"files of more than {LINES_A_FILE} lines: {long}"


def test_functions_are_short(modules):
    long = {}
    for module in modules.values():
        for name, function in _functions(module.tree, module.name):
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            if lines > LINES_A_FUNCTION:
                long[name] = lines
    assert set(long) == set(LONG_FUNCTIONS), f"functions of more than {LINES_A_FUNCTION} lines: {long}"


def test_parameters_are_few(modules):
    many = {}
    for module in modules.values():
        if module.name.startswith("medgraft.cli."):
            continue
        for name, function in _functions(module.tree, module.name):
            if _parameters(function, name) > PARAMETERS:
                many[name] = _parameters(function, name)
    assert set(many) == set(MANY_PARAMETERS), f"functions of more than {PARAMETERS} parameters: {many}"


def test_no_kwargs_tunnels(modules):
    """``**kwargs`` hides what can be said; typed ``**changes`` handed to ``replace`` are another thing."""
    tunnels = [
        name
        for module in modules.values()
        for name, function in _functions(module.tree, module.name)
        if function.args.kwarg is not None and function.args.kwarg.arg == "kwargs"
    ]
    assert not tunnels


def test_inheritance_is_shallow(modules):
    """A class of ours may extend a base of ours that extends nothing of ours: abstract or final."""
    bases: dict[str, list[str]] = {}
    for module in modules.values():
        if module.name == "medgraft.errors":  # a tree by intention, drawn in its docstring
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                bases[f"{module.name}.{node.name}"] = [_last_name(base) for base in node.bases]
    ours = {name.rpartition(".")[2] for name in bases} - set(dir(builtins)) - {"Protocol", "BaseModel"}
    parents = {name: [b for b in given if b in ours] for name, given in bases.items()}
    deep = [
        name
        for name, given in parents.items()
        if any(parents[other] for other in parents if other.rpartition(".")[2] in given)
    ]
    assert set(deep) == set(DEEP_CLASSES), f"classes more than one level below a base of ours: {deep}"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")

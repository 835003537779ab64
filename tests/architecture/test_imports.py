"""Imports point one way, go round in no circle, and stand at the top of the file."""

from __future__ import annotations

import ast
from collections.abc import Iterator

FLOORS = ("vocabulary", "data", "source", "transfer", "insight", "use", "experiment", "cli")
"""From the ground up: a floor may import itself and what stands before it."""

MEASURE_IS_USED_BY = {"measure", "transfer", "insight", "use", "experiment", "cli"}

VOCABULARY = {"errors", "files", "home", "progress", "registry", "types"}

TRANSFER_ROOMS = (
    ("tasks",),
    ("models",),
    ("training",),
    ("strategies", "fusion"),
    ("segmentation", "detection"),
    ("robustness", "pretraining"),
    ("adaptation",),
    ("selection",),
)
"""The order inside ``transfer``; rooms of one line do not import each other."""

SURFACE = {"medgraft", "medgraft.__main__"}
"""What stands above all floors: the public surface (which imports when asked) and ``python -m medgraft``."""

LATE_IMPORTS = {
    "medgraft": "the public surface imports a name when it is asked for: `import medgraft` is free",
    "medgraft.data.imaging.filters.bias_field": "SimpleITK is an extra, imported when the filter is applied",
    "medgraft.data.imaging.filters.clahe": "scikit-image is imported when the filter is applied",
    "medgraft.data.imaging.filters.denoise": "scikit-image is imported when the filter is applied",
    "medgraft.data.imaging.itk": "SimpleITK is an extra, imported when such a file comes",
    "medgraft.data.imaging.png": "imagecodecs is imported with the first picture that needs it",
    "medgraft.data.imaging.reader": "a decoder is imported with the first file of its kind",
    "medgraft.data.imaging.tiff": "imagecodecs is imported with the first picture that needs it",
    "medgraft.data.imaging.volume_reader": "nibabel, pydicom and SimpleITK are imported with the first such volume",
    "medgraft.data.outlines.mask_file": "nibabel, pydicom, highdicom come with the first mask that needs them",
    "medgraft.data.outlines.picture_grid": "nibabel and pydicom are imported with the first such picture",
    "medgraft.data.phantom.layouts": "pydicom is imported for the DICOM layout only",
    "medgraft.insight.explanation.drawn": "torch is imported for slopes of pixels only",
    "medgraft.insight.explanation.opening": "torch is imported to explain, not to offer the methods",
    "medgraft.insight.audit.metadata": "pydicom is imported with the first DICOM file",
    "medgraft.experiment.detecting": "torch is imported to train a detector, a start with another task never does",
    "medgraft.experiment.elsewhere": "torch and MONAI are imported for runs that outline, labels do without",
    "medgraft.experiment.predicting": "torch is imported to attack a model, not to evaluate it",
    "medgraft.experiment.fitting": "torch and MONAI are imported to learn masks or boxes, labels do without",
    "medgraft.experiment.extending": "importing weights needs torch, the other verbs do not",
    "medgraft.experiment.pretraining": "importing weights needs torch, a wrong option is told without it",
    "medgraft.measure.transferability.n_leep": "scikit-learn is imported when the score is asked for, not to offer it",
    "medgraft.measure.unlabelled.density_ratio": "scikit-learn is imported when cases are weighed, not to offer scores",
    "medgraft.source.backbones.custom": "naming a backbone of the user's imports no torch",
    "medgraft.source.backbones.families": "timm and torchvision are imported to ask them for names",
    "medgraft.source.backbones.resolve": "torch and timm are imported to build a network, not to know its facts",
    "medgraft.source.embedding.openvino_engine": "imported without its telemetry, when a network is converted",
    "medgraft.source.embedding.torch_engine": "an engine that is not built costs nothing",
    "medgraft.source.handcrafted.glcm": "scikit-image is imported when something is described",
    "medgraft.source.handcrafted.hog": "scikit-image is imported when something is described",
    "medgraft.use.report.outlines.contours": "scikit-image is imported when outlines are drawn over pictures",
    "medgraft.transfer.adaptation.deep": "torch is imported to train, not to offer the methods",
    "medgraft.transfer.adaptation.network": "torch is imported to change a network, not to offer the methods",
    "medgraft.transfer.detection.bundle": "torch is imported to look at pictures, not to read a bundle",
    "medgraft.transfer.detection.decoding": "torchvision found the candidates, so it is there already",
    "medgraft.transfer.detection.trained": "torch is imported to build a network, not to describe it",
    "medgraft.transfer.pretraining.supervised": "torch is imported to train, not to offer the source task",
    "medgraft.transfer.pretraining.vicreg": "torch is imported to train, not to offer the source task",
    "medgraft.transfer.segmentation.volumetric": "MONAI takes seconds, and looks for all that it could draw with",
    "medgraft.transfer.selection.trial": "torch is imported where a network was trained, and is there already",
    "medgraft.transfer.strategies.boosting": "scikit-learn is imported to train, not to offer the strategies",
    "medgraft.transfer.strategies.svm": "scikit-learn is imported to train, not to offer the strategies",
    "medgraft.transfer.strategies.tuning": "torch is imported to train, not to offer the strategies",
}
"""Modules that may import inside a function, each with its reason. Modules of ``cli`` may too (start-up)."""


def _imports(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Every import as a dotted name: ``from a.b import c`` gives ``a.b.c``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import; write the whole name"
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def _targets(modules, tree: ast.AST) -> set[str]:
    """The modules of medgraft that ``tree`` imports."""
    found = set()
    for name, _ in _imports(tree):
        if name.split(".")[0] == "medgraft":
            found.add(name if name in modules else name.rpartition(".")[0])
    return found


def _floor(name: str) -> str:
    first = name.split(".")[1]
    return "vocabulary" if first in VOCABULARY else first


def _may_import(importer: str, imported: str) -> bool:
    """Whether the two floors stand in the right order."""
    if "measure" in (importer, imported):
        to_measure = imported == "measure" and importer in MEASURE_IS_USED_BY
        return to_measure or (importer == "measure" and imported == "vocabulary")
    return FLOORS.index(imported) <= FLOORS.index(importer)


def test_every_module_stands_on_a_known_floor(modules):
    floors = {_floor(name) for name in modules if name not in SURFACE}
    assert floors <= {*FLOORS, "measure"}, "a new floor: add it to DESIGN and to this test"


def test_imports_point_one_way(modules):
    wrong = []
    for name, module in modules.items():
        if name in SURFACE:
            continue
        for target in _targets(modules, module.tree):
            if target in SURFACE or not _may_import(_floor(name), _floor(target)):
                wrong.append(f"{name} imports {target}")
    assert not wrong, "\n".join(wrong)


def test_rooms_of_transfer_keep_their_order(modules):
    place = {room: position for position, rooms in enumerate(TRANSFER_ROOMS) for room in rooms}
    wrong = []
    for name, module in modules.items():
        if not name.startswith("medgraft.transfer."):
            continue
        room = name.split(".")[2]
        for target in _targets(modules, module.tree):
            parts = target.split(".")
            if parts[1] != "transfer" or len(parts) < 3 or parts[2] == room:
                continue
            if place[parts[2]] >= place[room]:
                wrong.append(f"{name} imports {target}")
    assert not wrong, "\n".join(wrong)


def test_no_circle(modules):
    """Also a late or a type-checking import closes a circle."""
    graph = {name: _targets(modules, module.tree) - {name} for name, module in modules.items()}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for target in graph.get(name, set()) - SURFACE:
                walk(target, (*trail, name))
            done.add(name)

    for name in graph:
        walk(name, ())


def test_imports_stand_at_the_top(modules):
    """Inside a function an import hides a dependency; who needs one is listed above with the reason."""
    late = {}
    for name, module in modules.items():
        functions = [n for n in ast.walk(module.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        lines = [node.lineno for function in functions for _, node in _imports(function)]
        if lines and not name.startswith("medgraft.cli."):
            late[name] = sorted(set(lines))
    unlisted = {name: lines for name, lines in late.items() if name not in LATE_IMPORTS}
    assert not unlisted, f"imports inside functions: {unlisted}"


def test_the_list_of_late_imports_is_true(modules):
    """An exception that is no longer needed is taken off the list."""
    for name in set(LATE_IMPORTS) & set(modules) - {"medgraft"}:
        functions = [n for n in ast.walk(modules[name].tree) if isinstance(n, ast.FunctionDef)]
        by_name = "import_module" in modules[name].text
        assert by_name or any(list(_imports(function)) for function in functions), name

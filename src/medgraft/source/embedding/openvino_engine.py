"""OpenVINO on a CPU: several times faster than eager PyTorch, and without importing it once converted.

The network is traced once (the default backbone is drawn from its tensors instead, see ``lite_graph``), saved as
OpenVINO's own files under a key of weights, shape and version, and checked against eager float32 on fixed
pictures (cosine). Later runs load the files: no torch, no timm.
One image a request and one request a core: each image's result is then independent of the others.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.errors import ArtifactError
from medgraft.files import read_json, verify_manifest, write_json, write_manifest
from medgraft.source.backbones.efficientnet_lite import LITES, lite_facts
from medgraft.source.backbones.lite_tensors import lite_index, lite_state
from medgraft.source.embedding.engine import ENGINES, EngineUnavailable, Job, Sink
from medgraft.source.embedding.lite_graph import draw_lite

__all__ = [
    "MIN_COSINE",
    "OpenVinoEngine",
    "OpenVinoKind",
    "check_pictures",
    "is_drawn",
    "openvino_library",
    "project",
]

MIN_COSINE = 0.9999
"""Between the features of the engine and of eager float32, over the check pictures."""

_CODE_VERSION = 2


def check_pictures(channels: int, size: int) -> NDArray[np.float32]:
    """Four fixed pictures (4, C, S, S) in [0, 1]: smooth shapes with grain, so that every layer is awake."""
    rng = np.random.default_rng(20_260)
    y, x = np.mgrid[0:size, 0:size] / size
    waves = [np.sin(rng.uniform(2, 30) * x + rng.uniform(2, 30) * y + rng.uniform(0, 6)) for _ in range(4 * channels)]
    pictures = 0.5 + 0.35 * np.stack(waves).reshape(4, channels, size, size)
    grain = rng.normal(0.0, 0.08, pictures.shape)
    return np.clip(pictures + grain, 0.0, 1.0).astype(np.float32)


@contextlib.contextmanager
def _without_telemetry() -> Iterator[None]:
    """Importing OpenVINO opts in to telemetry and writes to the home folder, unless its reporter is absent."""
    name = "openvino_telemetry"
    before = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]  # the documented way to make an import fail
    try:
        yield
    finally:
        if before is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = before


def openvino_library() -> Any:
    """The library, imported without its telemetry (one of the two imports of OpenVINO)."""
    with _without_telemetry():
        import openvino

        return openvino


@ENGINES.register("openvino")
class OpenVinoKind:
    """The kind; see the contract."""

    name = "openvino"

    @staticmethod
    def installed() -> bool:
        return importlib.util.find_spec("openvino") is not None

    @staticmethod
    def serves(job: Job) -> bool:
        facts = job.backbone.facts
        return job.device == "cpu" and not facts.inflated and not facts.descriptors

    @staticmethod
    def version() -> str:
        return importlib.metadata.version("openvino")

    @staticmethod
    def build(job: Job) -> OpenVinoEngine:
        return OpenVinoEngine(job)


class OpenVinoEngine:
    """A compiled network; see the module docstring."""

    def __init__(self, job: Job) -> None:
        library, folder = openvino_library(), job.home.cache / "engines" / _key(job)
        facts = _ready(folder)
        if facts is not None:
            compiled = _compile(library, folder / "model.xml")
        else:
            compiled, facts = _make(library, job, folder)
        self.facts = facts
        if facts["cosine"] < MIN_COSINE:
            raise EngineUnavailable(
                f"its features differ from PyTorch's (cosine {facts['cosine']:.6f}, {MIN_COSINE} is needed)"
            )
        self._queue = library.AsyncInferQueue(compiled)

    def run(self, images: Iterable[tuple[int, NDArray[np.float32]]], sink: Sink) -> None:
        """See the contract; requests run while the next image is prepared."""

        def done(request: Any, row: int) -> None:
            sink(row, request.get_output_tensor(0).data.reshape(-1).astype(np.float32, copy=True))

        self._queue.set_callback(done)
        try:
            for row, pixels in images:
                self._queue.start_async({0: pixels[None]}, row)
        finally:  # also when the feed raises: no request may reach the sink after this has returned
            self._queue.wait_all()


def _key(job: Job) -> str:
    """What the converted files depend on."""
    facts = [job.identity(), job.size, OpenVinoKind.version(), _CODE_VERSION]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _ready(folder: Path) -> dict[str, Any] | None:
    """The facts of an earlier conversion if its files are whole."""
    if not folder.exists():
        return None
    try:
        verify_manifest(folder)
        return read_json(folder / "engine.json")
    except ArtifactError:
        shutil.rmtree(folder, ignore_errors=True)
        return None


def _compile(library: Any, file: Path) -> Any:
    """Always from the file: a network that was just made folds its constants in another order."""
    options = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"}
    return library.Core().compile_model(str(file), "CPU", options)


def _make(library: Any, job: Job, folder: Path) -> tuple[Any, dict[str, Any]]:
    """Draw or convert the network, compare it with eager float32, and put the folder in place as a whole."""
    model, expected, against = _drawn(library, job) or _converted(library, job)
    pictures = check_pictures(job.channels, job.size)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as temporary:
        fresh = Path(temporary) / "engine"
        fresh.mkdir()
        _save(library, model, fresh / "model.xml")
        compiled = _compile(library, fresh / "model.xml")
        got = project(np.stack([compiled(picture[None])[0].reshape(-1) for picture in pictures]))
        facts = {
            "engine": "openvino",
            "version": OpenVinoKind.version(),
            "cosine": _lowest_cosine(expected, got),
            "largest_difference": float(np.abs(expected - got).max()),
            "checked_against": against,
        }
        write_json(fresh / "engine.json", facts)
        write_manifest(fresh)
        if not folder.exists():
            fresh.replace(folder)
    return compiled, facts


def project(features: NDArray[Any]) -> NDArray[np.float64]:
    """(n, d) → (n, 64) by a fixed random matrix of unit columns: enough to compare, small enough to ship."""
    matrix = np.random.default_rng(64).normal(size=(features.shape[1], 64))
    return np.asarray(features.astype(np.float64) @ (matrix / np.linalg.norm(matrix, axis=0)))


def is_drawn(job: Job) -> bool:
    """Whether it is the default backbone with its published weights at its own size."""
    facts = job.backbone.facts
    return (
        facts.name in LITES
        and facts == lite_facts(facts.name)
        and (job.size, job.checksum) == (facts.size, facts.checksum)
    )


def _drawn(library: Any, job: Job) -> tuple[Any, NDArray[np.float64], str] | None:
    """Such a backbone, drawn from its tensors without importing torch."""
    facts = job.backbone.facts
    index = lite_index(facts.name) if is_drawn(job) else None
    if index is None:
        return None
    state = job.state or lite_state(facts.name, job.channels) or {}
    model = draw_lite(library, state, channels=job.channels, size=job.size, scaling=(facts.mean, facts.std))
    return model, np.array(index["reference"][str(job.channels)]), "recorded features of eager float32, 4 pictures"


def _converted(library: Any, job: Job) -> tuple[Any, NDArray[np.float64], str]:
    """Any network, traced by way of torch."""
    import torch  # only here: a converted network never needs it again

    network = job.backbone.build(job.channels, job.state)
    pictures = torch.from_numpy(check_pictures(job.channels, job.size))
    with torch.inference_mode():
        expected = project(network(pictures).numpy())
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer warns of its own deprecation and of constant shapes
        try:
            model = library.convert_model(network, example_input=pictures[:1])
            model.reshape([1, job.channels, job.size, job.size])
        except Exception as error:  # the converter raises anything for an operation it does not know
            reason = str(error).strip().splitlines()[0][:200]
            raise EngineUnavailable(f"it cannot convert {job.backbone.facts.name} ({reason})") from error
    return model, expected, f"torch {torch.__version__}, eager float32, {len(pictures)} pictures"


def _save(library: Any, model: Any, file: Path) -> None:
    """Write OpenVINO's two files. Raises ``ArtifactError`` where they cannot be written."""
    try:
        library.save_model(model, str(file), compress_to_fp16=False)
    except RuntimeError as error:
        raise ArtifactError(
            f"writing {file}: {str(error).splitlines()[-1]}; free space or set MEDGRAFT_HOME to another folder"
        ) from error


def _lowest_cosine(a: NDArray[Any], b: NDArray[Any]) -> float:
    """The smallest cosine between rows; 0 where something is not finite."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return 0.0
    a64, b64 = a.astype(np.float64), b.astype(np.float64)
    norms = np.linalg.norm(a64, axis=1) * np.linalg.norm(b64, axis=1)
    return float(np.min(np.einsum("nd,nd->n", a64, b64) / np.maximum(norms, 1e-30)))

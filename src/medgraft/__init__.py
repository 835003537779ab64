"""Medical-image analysis by transfer learning, on a machine without a GPU and without internet.

    import medgraft
    medgraft.fit("cohort", out="run")

Names are imported when they are asked for, so that ``import medgraft`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME_OF = {
    "ArtifactError": "errors",
    "CohortError": "errors",
    "ConfigError": "errors",
    "DataError": "errors",
    "LeakageError": "errors",
    "MedgraftError": "errors",
    "Modality": "types",
    "Predictor": "use.prediction.predictor",
    "Progress": "progress",
    "ReaderError": "errors",
    "UsageError": "errors",
    "WeightsError": "errors",
    "audit": "experiment.api",
    "compare": "experiment.comparing_runs",
    "embed": "experiment.api",
    "evaluate": "experiment.api",
    "fit": "experiment.api",
    "import_weights": "experiment.extending",
    "predict": "experiment.api",
    "pretrain": "experiment.api",
    "rank": "experiment.api",
    "register": "experiment.extending",
    "report": "experiment.api",
    "shift": "experiment.another_site",
    "show": "experiment.api",
    "write_phantom": "data.phantom.cohort",
}

__all__ = [
    "ArtifactError",
    "CohortError",
    "ConfigError",
    "DataError",
    "LeakageError",
    "MedgraftError",
    "Modality",
    "Predictor",
    "Progress",
    "ReaderError",
    "UsageError",
    "WeightsError",
    "audit",
    "compare",
    "embed",
    "evaluate",
    "fit",
    "import_weights",
    "predict",
    "pretrain",
    "rank",
    "register",
    "report",
    "shift",
    "show",
    "write_phantom",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'medgraft' has no attribute {name!r}")
    return getattr(importlib.import_module(f"medgraft.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)

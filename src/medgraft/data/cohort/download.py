"""A public data set where there is a network: MedMNIST, through its authors' own package."""

from __future__ import annotations

import importlib
from pathlib import Path

from medgraft.errors import UsageError
from medgraft.home import Home
from medgraft.registry import nearest

__all__ = ["download_medmnist"]


def download_medmnist(name: str, home: Home) -> Path:
    """The archive of a MedMNIST set, downloaded once into ``cache/datasets`` and checked by the package's MD5.

    Raises ``UsageError`` where the package or the network is missing, with what to do instead.
    """
    folder = home.cache / "datasets"
    path = folder / f"{name}.npz"
    if path.exists():
        return path
    try:
        medmnist = importlib.import_module("medmnist")
    except ImportError as error:
        raise UsageError("--dataset needs the package medmnist: pip install 'medgraft[medmnist]'") from error
    if name not in medmnist.INFO:
        raise UsageError(f"--dataset {name!r}: there is no such MedMNIST set{nearest(name, medmnist.INFO)}")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        getattr(medmnist, medmnist.INFO[name]["python_class"])(split="train", root=str(folder), download=True)
    except (OSError, RuntimeError) as error:
        raise UsageError(
            f"--dataset {name}: it cannot be downloaded here ({error}). Copy {name}.npz to {folder}, "
            f"or `medgraft fit {name}.npz --out run` where the file is"
        ) from error
    return path

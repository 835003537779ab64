"""Bytes of a weights file → tensors by name, safely: nothing in the file is ever executed.

Safetensors, and torch's own format with ``weights_only=True``. What training scripts put around a state dict is taken
off by ``matching``.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from medgraft.errors import UsageError, WeightsError

__all__ = ["SUFFIXES", "read_content", "read_state"]

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".tar")


def read_content(data: bytes, file: str, *, doing: str) -> Any:
    """What the file's bytes hold: tensors by name, or containers of such; ``file`` is its name, whose suffix says the
    format.

    Raises ``WeightsError`` for a damaged file or one that holds code.
    """
    if file.endswith(".safetensors"):
        try:
            return safetensors.torch.load(data)
        except (safetensors.SafetensorError, ValueError, KeyError) as error:
            raise WeightsError(f"{doing}: {file} is not a whole safetensors file ({error}); copy it again") from error
    if not file.endswith(SUFFIXES):
        raise UsageError(f"{doing}: {file} is of an unknown kind; one of {', '.join(SUFFIXES)} is needed")
    return _read_torch(data, file, doing)


def read_state(data: bytes, file: str, *, doing: str) -> dict[str, Tensor]:
    """Tensors by name, of a file that holds a plain state dict (as the store and the packages do).

    Raises ``WeightsError`` for a damaged file, one that holds code, or one that is no state dict.
    """
    content = read_content(data, file, doing=doing)
    if not isinstance(content, Mapping) or not content:
        raise WeightsError(f"{doing}: {file} holds no state dict (tensors by name); save `model.state_dict()`")
    foreign = [str(key) for key, value in content.items() if not (isinstance(key, str) and isinstance(value, Tensor))]
    if foreign:
        shown = ", ".join(foreign[:6])
        raise WeightsError(f"{doing}: {file} holds things that are no named tensors ({shown}); save the state dict")
    return dict(content)


def _read_torch(data: bytes, file: str, doing: str) -> Any:
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "WeightsUnpickler" not in str(error) and "nsupported" not in str(error):
            raise WeightsError(f"{doing}: {file} is damaged or no torch file; copy it again") from error
        raise WeightsError(
            f"{doing}: {file} holds code or foreign objects besides tensors, and is not read: such a file can do "
            "anything when loaded. Where it was made, save its state dict alone, best as .safetensors"
        ) from error
    except (
        RuntimeError,
        ValueError,
        EOFError,
        KeyError,
        AttributeError,
        IndexError,
        TypeError,
        OSError,
    ) as error:
        reason = str(error).partition("\n")[0][:200]
        raise WeightsError(f"{doing}: {file} is damaged or no torch file ({reason}); copy it again") from error

"""Bytes of a weights file → tensors by name, safely: nothing in the file is ever executed.

Safetensors, and torch's own format with ``weights_only=True``. Wrappers that training scripts put around a
state dict (``{"state_dict": …}``, ``{"model": …}``, a ``module.`` prefix) are taken off.
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

__all__ = ["SUFFIXES", "read_state"]

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".tar")

_WRAPPERS = ("state_dict", "model", "model_state_dict", "model_state")
_PREFIXES = ("module.", "_orig_mod.")


def read_state(data: bytes, file: str, *, doing: str) -> dict[str, Tensor]:
    """Tensors by name of the file's bytes; ``file`` is its name, whose suffix says the format.

    Raises ``WeightsError`` for a damaged file, one that holds code, or one that is no state dict.
    """
    if file.endswith(".safetensors"):
        try:
            content: Any = safetensors.torch.load(data)
        except (safetensors.SafetensorError, ValueError, KeyError) as error:
            raise WeightsError(f"{doing}: {file} is not a whole safetensors file ({error}); copy it again") from error
    elif file.endswith(SUFFIXES):
        content = _read_torch(data, file, doing)
    else:
        raise UsageError(f"{doing}: {file} is of an unknown kind; one of {', '.join(SUFFIXES)} is needed")
    return _plain(_unwrapped(content), file, doing)


def _read_torch(data: bytes, file: str, doing: str) -> Any:
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "WeightsUnpickler" not in str(error) and "nsupported" not in str(error):
            raise WeightsError(f"{doing}: {file} is damaged or no torch file; copy it again") from error
        raise WeightsError(
            f"{doing}: {file} holds code or foreign objects besides tensors, and is not read: such a file can do "
            "anything when loaded. Save its state dict alone, best as .safetensors"
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


def _unwrapped(content: Any) -> Any:
    """What is inside the wrappers of training scripts."""
    while isinstance(content, Mapping) and not any(isinstance(value, Tensor) for value in content.values()):
        inner = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            break
        content = inner
    return content


def _plain(content: Any, file: str, doing: str) -> dict[str, Tensor]:
    """The state dict with every key a string and every value a tensor, common prefixes taken off."""
    if not isinstance(content, Mapping) or not content:
        raise WeightsError(f"{doing}: {file} holds no state dict (tensors by name); save `model.state_dict()`")
    foreign = [str(key) for key, value in content.items() if not (isinstance(key, str) and isinstance(value, Tensor))]
    if foreign:
        shown = ", ".join(foreign[:6])
        raise WeightsError(f"{doing}: {file} holds things that are no named tensors ({shown}); save the state dict")
    state: dict[str, Tensor] = dict(content)
    for prefix in _PREFIXES:
        if all(key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): value for key, value in state.items()}
    return state

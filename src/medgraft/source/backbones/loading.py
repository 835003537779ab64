"""Weights into a network, strictly: every tensor by name and shape, or an error that prints both sides.

The one named exception is the source task's own head, which is left out and listed. Counters of batches
(``num_batches_tracked``), which old files lack and which no prediction reads, are filled with zero and
listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from medgraft.errors import WeightsError

__all__ = ["LoadReport", "load_strictly", "rename_by_order"]

_COUNTER = "num_batches_tracked"
_SHOWN = 12


@dataclass(frozen=True)
class LoadReport:
    """Keys that were loaded, keys of the file that were left out (the source's head), keys that were
    filled."""

    transferred: tuple[str, ...]
    left_out: tuple[str, ...]
    filled: tuple[str, ...]


def load_strictly(
    network: nn.Module, state: Mapping[str, Tensor], *, heads: Sequence[str] = (), doing: str
) -> LoadReport:
    """Copy ``state`` into ``network`` (in its own dtype, on its own device); nothing is changed on an error.

    ``heads``: names of modules whose keys may stand in ``state`` without standing in ``network``. ``doing``
    opens the error's message. Raises ``WeightsError``.
    """
    target = network.state_dict()
    filled = tuple(key for key in target if key not in state and key.endswith(_COUNTER))
    missing = [key for key in target if key not in state and key not in filled]
    surplus = sorted(key for key in state if key not in target)  # safetensors gives keys in any order
    left_out = tuple(key for key in surplus if any(key == head or key.startswith(head + ".") for head in heads))
    unexpected = [key for key in surplus if key not in left_out]
    shared = [key for key in target if key in state]
    wrong = [key for key in shared if not _fits(state[key], target[key])]
    infinite = [key for key in shared if key not in wrong and not bool(torch.isfinite(state[key]).all())]
    if missing or unexpected or wrong or infinite:
        raise WeightsError(
            f"{doing}: the weights do not fit the network."
            + _listed("missing from the file", missing)
            + _listed("in the file, unknown to the network", unexpected)
            + _listed("of another shape or kind", [_both(key, state[key], target[key]) for key in wrong])
            + _listed("with values that are not finite", infinite)
            + " Give the backbone that the file was made for."
        )
    complete = {key: state[key] if key in state else torch.zeros_like(target[key]) for key in target}
    network.load_state_dict(complete, strict=True)
    return LoadReport(tuple(shared), left_out, filled)


def rename_by_order(state: Mapping[str, Tensor], keys: Sequence[str], *, doing: str) -> dict[str, Tensor]:
    """The tensors of ``state`` under ``keys``, first to first; shapes are checked by the strict load
    after."""
    if len(state) != len(keys):
        raise WeightsError(f"{doing}: {len(state)} tensors in the file, {len(keys)} are needed")
    return dict(zip(keys, state.values(), strict=True))


def _fits(given: Tensor, wanted: Tensor) -> bool:
    return given.shape == wanted.shape and given.is_floating_point() == wanted.is_floating_point()


def _both(key: str, given: Tensor, wanted: Tensor) -> str:
    kinds = [f"{tuple(item.shape)} {str(item.dtype).removeprefix('torch.')}" for item in (given, wanted)]
    return f"{key}: file {kinds[0]}, network {kinds[1]}"


def _listed(label: str, items: Sequence[str]) -> str:
    """One sentence that names the first dozen."""
    if not items:
        return ""
    rest = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return f" {len(items)} {label}: {', '.join(items[:_SHOWN])}{rest}."

"""What a user adds: weights, backbones and strategies of their own. Part of the public surface."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from medgraft.errors import UsageError
from medgraft.home import Home
from medgraft.source.backbones.custom import register_backbone
from medgraft.source.weights.entry import WeightsEntry
from medgraft.transfer.strategies.strategy import STRATEGIES, Strategy

__all__ = ["import_weights", "register"]

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def import_weights(
    file: str | Path,
    *,
    backbone: str | None = None,
    name: str | None = None,
    licence: str = "unknown",
    part: str | None = None,
    convention: str | None = None,
    size: int | None = None,
    mean: tuple[float, float, float] | None = None,
    std: tuple[float, float, float] | None = None,
    overwrite: bool = False,
    home: str | Path | None = None,
) -> WeightsEntry:
    """Put a local ``.safetensors`` or ``.pth`` into the weights store.

    ``part``: the container or prefix that is meant, where several fit; ``convention``: see ``medgraft list
    conventions``; ``size`` in pixels, ``mean``/``std`` R, G, B for pixels in [0, 1]: where they are not the backbone's.
    """
    from medgraft.source.weights.importing import import_weights as import_into  # it imports torch, `fit` need not

    return import_into(
        Path(file),
        home=Home.find(home),
        backbone=backbone,
        name=name,
        licence=licence,
        part=part,
        convention=convention,
        size=size,
        mean=mean,
        std=std,
        overwrite=overwrite,
    )


def register(
    name: str,
    member: Callable[[], Any] | type,
    *,
    size: int = 224,
    mean: tuple[float, float, float] = _IMAGENET_MEAN,
    std: tuple[float, float, float] = _IMAGENET_STD,
    interpolation: str = "bilinear",
    licence: str = "unknown",
    trained_on: str = "unknown",
) -> None:
    """Add a strategy (a class with ``Config`` and ``fit``) or a backbone (a function that makes a network).

    A backbone's network maps (N, 3, size, size), normalised by mean and std, to features (N, d). The other
    arguments describe a backbone and are not looked at for a strategy. Raises ``UsageError`` for a taken name.
    """
    if inspect.isclass(member) and hasattr(member, "Config") and hasattr(member, "fit"):
        STRATEGIES.register(name)(cast(type[Strategy], member))
        return
    if not callable(member):
        raise UsageError(
            f"registering {name!r}: got {type(member).__name__}; a strategy class or a function that makes a "
            "network is needed"
        )
    register_backbone(
        name,
        member,
        size=size,
        mean=mean,
        std=std,
        interpolation=interpolation,
        licence=licence,
        trained_on=trained_on,
    )

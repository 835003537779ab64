"""How a backbone's name carries the options that its network needs: ``NAME[key=value,…]``.

A network is only defined by its name *and* such options (padding as TensorFlow does it, for example), and the
name is what travels in facts, bundle and report. Users rarely type the brackets: they come from a store
entry. The options are a short closed list; nothing here is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from medgraft.errors import UsageError

__all__ = ["OPTIONS", "Option", "architecture", "join_name", "split_name"]

Option = str | int | float

OPTIONS: dict[str, type[str] | type[int] | type[float]] = {
    "act_layer": str,
    "bn_eps": float,
    "global_pool": str,
    "img_size": int,
    "pad_type": str,
}
"""Options that a name may carry, and their types: those of timm's ``create_model`` that change the
network."""

_PLAIN = re.compile(r"[A-Za-z0-9._-]*")


def join_name(name: str, options: Mapping[str, Option]) -> str:
    """``name`` with its options, sorted by key; the name alone where there are none."""
    for key, value in options.items():
        if key not in OPTIONS or not _PLAIN.fullmatch(str(value)):
            raise UsageError(
                f"naming the backbone {name!r}: the option {key}={value!r} is not one of {', '.join(OPTIONS)} with a "
                "plain value"
            )
    inside = ",".join(f"{key}={options[key]}" for key in sorted(options))
    return f"{name}[{inside}]" if inside else name


def split_name(name: str) -> tuple[str, dict[str, Option]]:
    """The name without its options, and the options. Raises ``UsageError`` for one that is not known."""
    base, bracket, inside = name.partition("[")
    if not bracket:
        return name, {}
    if not inside.endswith("]"):
        raise UsageError(f"reading the backbone {name!r}: its options are not understood; NAME[key=value] is")
    options: dict[str, Option] = {}
    for item in inside.removesuffix("]").split(","):
        key, _, text = item.partition("=")
        try:
            options[key] = OPTIONS[key](text)
        except (KeyError, ValueError) as error:
            raise UsageError(
                f"reading the backbone {name!r}: the option {item!r} is not understood; known: {', '.join(OPTIONS)}"
            ) from error
    return base, options


def architecture(name: str) -> str:
    """The network without the tag of its weights and without options: ``resnet50`` of
    ``resnet50.a1_in1k``."""
    base = split_name(name)[0]
    return base if "/" in base else base.partition(".")[0]

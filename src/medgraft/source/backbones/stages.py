"""Cutting a network into named stages along its children, for networks that do not say how they are built.

Stages run from input to output, together hold every parameter once, and are what layer-wise learning rates
and partial freezing speak about.
"""

from __future__ import annotations

from torch import nn

__all__ = ["check_partition", "child_stages"]

Stages = list[tuple[str, list[str]]]


def child_stages(network: nn.Module, flatten: frozenset[str] = frozenset()) -> Stages:
    """One stage a child with parameters; children called as in ``flatten`` are replaced by their own
    children.

    Parameters that hang on a container itself (a class token, a position embedding) go to the stage before
    them, or to the first.
    """
    stages: Stages = []
    _collect(network, "", flatten, stages)
    return [(name, list(parameters)) for name, parameters in stages if parameters]


def _collect(module: nn.Module, prefix: str, flatten: frozenset[str], stages: Stages) -> None:
    own = [prefix + name for name, _ in module.named_parameters(recurse=False)]
    if own:
        if not stages:
            stages.append((own[0], []))
        stages[-1][1].extend(own)
    for name, child in module.named_children():
        if name in flatten:
            _collect(child, f"{prefix}{name}.", flatten, stages)
            continue
        parameters = [f"{prefix}{name}.{item}" for item, _ in child.named_parameters()]
        if parameters:
            stages.append((prefix + name, parameters))


def check_partition(network: nn.Module, stages: Stages) -> bool:
    """Whether the stages hold every parameter of the network exactly once."""
    listed = [name for _, names in stages for name in names]
    return sorted(listed) == sorted(name for name, _ in network.named_parameters())

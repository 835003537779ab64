"""A backbone read at several strides, and cut in two behind the stages that stay frozen.

Of each stride the last stage that gives maps of it is a level (see ``scales``). What comes after the last level
(pooling, the last wide convolution) is not computed. The frozen part gives everything that crosses the cut, so that it
can be computed once and kept (``training/prefix_feed``); the rest gives the maps of all levels. The parts share their
modules with the network that was cut, so that training them trains it. As in ``models/cut``, the network is followed
with symbols (torch.fx); stages that lie on one side are not looked into.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, fx, nn

from medgraft.errors import UsageError
from medgraft.source.backbones.network import BackboneNetwork
from medgraft.source.backbones.scales import Scale, find_scales

__all__ = ["Parts", "cut_pyramid", "find_levels"]

Stages = Sequence[tuple[str, Sequence[str]]]


class _Part(nn.Module):
    """A part of the network: inputs → a tuple of maps; ``prepare`` first, where the inputs are pixels."""

    def __init__(self, body: fx.GraphModule, network: BackboneNetwork | None) -> None:
        super().__init__()
        self.body = body
        # The network's own preparation of pixels; kept out of the modules, it is the whole network.
        self._prepare = network.prepare if network is not None else None

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """See the class."""
        given = inputs if self._prepare is None else (self._prepare(inputs[0]),)
        found: tuple[Tensor, ...] = self.body(*given)
        return found


@dataclass(frozen=True)
class Parts:
    """``learning(*frozen(pixels))`` are the maps of all levels, finest first; without a frozen part
    ``learning(pixels)`` are."""

    frozen: nn.Module | None
    learning: nn.Module


def find_levels(network: nn.Module, stages: Stages, strides: Sequence[int]) -> list[Scale]:
    """The level of each stride, a stage each. Raises ``UsageError`` where the network gives no maps of it."""
    if not isinstance(network, BackboneNetwork):
        raise UsageError("detecting with several backbones side by side: they are not one network; choose one")
    found = find_scales(network, [name for name, _ in stages])
    lacking = [str(stride) for stride in strides if stride not in found]
    if lacking:
        raise UsageError(
            f"detecting with this backbone: it gives no maps of stride {', '.join(lacking)} (it has "
            f"{', '.join(map(str, found)) or 'none'}); choose a convolutional one, such as "
            "tf_efficientnet_lite0, resnet18 or convnext_tiny"
        )
    return [found[stride] for stride in strides]


def cut_pyramid(network: nn.Module, levels: Sequence[Scale], frozen: Sequence[str]) -> Parts:
    """Read ``network`` at ``levels``, cut behind everything that reads only ``frozen`` parameters (by the network's
    names). Raises ``UsageError`` for a network that cannot be followed."""
    if not isinstance(network, BackboneNetwork):
        raise UsageError("detecting with several backbones side by side: they are not one network; choose one")
    body = network.body
    still = {name.removeprefix("body.") for name in frozen}
    learning = {name for name, _ in body.named_parameters()} - still
    try:
        graph, outputs = _read(body, [level.module for level in levels], learning)
    except (fx.proxy.TraceError, RuntimeError, TypeError, ValueError, AttributeError, KeyError) as error:
        raise UsageError(
            f"reading the backbone at its stages: it cannot be followed ({error}); choose another one"
        ) from error
    if not still:
        return Parts(None, _Part(_module(body, graph, set(), outputs), network))
    after = set[fx.Node]()
    for node in graph:
        if _reads(body, node, learning) or any(given in after for given in node.all_input_nodes):
            after.add(node)
    crossing = [
        node for node in graph if node not in after and (node in outputs or any(user in after for user in node.users))
    ]
    before = [node for node in graph if node not in after]
    frozen_part = _Part(_module(body, before, set(), crossing), network)
    return Parts(frozen_part, _Part(_module(body, [n for n in graph if n in after], crossing, outputs), None))


class _Tracer(fx.Tracer):
    """Looks only into modules that hold a level, or parameters of both sides."""

    def __init__(self, levels: Sequence[str], learning: set[str]) -> None:
        super().__init__(param_shapes_constant=True)
        self._levels, self._learning = levels, learning

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        if any(level.startswith(f"{module_qualified_name}.") for level in self._levels):
            return False
        if module_qualified_name in self._levels:
            return True
        sides = {f"{module_qualified_name}.{name}" in self._learning for name, _ in m.named_parameters()}
        return len(sides) < 2


def _read(body: nn.Module, levels: Sequence[str], learning: set[str]) -> tuple[list[fx.Node], list[fx.Node]]:
    """What has to be computed for the maps of ``levels``, in order, and these."""
    optional = {
        name: given.default
        for name, given in inspect.signature(body.forward).parameters.items()
        if given.default is not inspect.Parameter.empty
    }
    graph = _Tracer(levels, learning).trace(body, concrete_args=optional)
    modules = {str(node.target): node for node in graph.nodes if node.op == "call_module"}
    outputs = [modules[level] for level in levels]
    needed = set(outputs)
    for node in reversed(list(graph.nodes)):
        if node in needed:
            needed.update(node.all_input_nodes)
    return [node for node in graph.nodes if node in needed or node.op == "placeholder"], outputs


def _reads(body: nn.Module, node: fx.Node, learning: set[str]) -> bool:
    """Whether a step uses a learning parameter itself."""
    if node.op == "get_attr":
        return str(node.target) in learning
    if node.op != "call_module":
        return False
    own = body.get_submodule(str(node.target)).named_parameters()
    return any(f"{node.target}.{name}" in learning for name, _ in own)


def _module(
    body: nn.Module, nodes: Sequence[fx.Node], given: Sequence[fx.Node] | set[fx.Node], outputs: Sequence[fx.Node]
) -> fx.GraphModule:
    """Steps as a module that takes ``given`` and gives ``outputs``."""
    graph, places = fx.Graph(), dict[fx.Node, fx.Node]()
    for number, node in enumerate(given):
        places[node] = graph.placeholder(f"crossing{number}")
    for node in nodes:
        places[node] = graph.node_copy(node, lambda one: places[one])
    graph.output(tuple(places[node] for node in outputs))
    graph.lint()
    return fx.GraphModule(body, graph)

"""A network cut in two at a stage: what stays as the source task left it, and what learns.

``prefix`` maps pixels to everything that crosses the cut; ``suffix`` maps that to the features of the whole network.
The two share their modules and parameters with the network that was cut, so that training the suffix trains the
network. While the prefix is frozen its output never changes: it can be computed once and kept (see
``training/prefix_feed``).

The cut is found by following the network's own forward pass with symbols (torch.fx); blocks that lie on one side are
not looked into. Before it is given out it is checked on a picture: cut and uncut must agree to the last bit.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn

from medgraft.errors import UsageError
from medgraft.source.backbones.network import BackboneNetwork
from medgraft.source.backbones.readout import statistics, tapped

__all__ = ["Cut", "Joined", "Prefix", "Suffix", "cut_network"]

Stages = Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True)
class Cut:
    """``suffix(*prefix(pixels))`` is the network."""

    prefix: Prefix
    suffix: Suffix


class Prefix(nn.Module):
    """Pixels (N, C, S, S) → what crosses the cut, each (N, …), and last the statistics (N, k) of the stages before
    it."""

    def __init__(self, network: nn.Module, body: nn.Module, readout: Sequence[tuple[str, int]]) -> None:
        super().__init__()
        self.body, self.readout = body, tuple(readout)
        # The network's own preparation of pixels; kept out of the modules, it is the whole network.
        self._prepare = network.prepare if isinstance(network, BackboneNetwork) else _unchanged

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        with tapped(self.body, [name for name, _ in self.readout]) as outputs:
            crossing: tuple[Tensor, ...] = self.body(self._prepare(pixels))
        read = [statistics(outputs[name].float(), channels) for name, channels in self.readout]
        return (*crossing, torch.cat(read, dim=1) if read else pixels.new_zeros((len(pixels), 0)))


class Suffix(nn.Module):
    """What crosses the cut → features (N, d), in the order of the whole network."""

    def __init__(self, body: nn.Module, readout: Sequence[tuple[str, int]]) -> None:
        super().__init__()
        self.body, self.readout = body, tuple(readout)

    def forward(self, *crossing: Tensor) -> Tensor:
        *inputs, before = crossing
        with tapped(self.body, [name for name, _ in self.readout]) as outputs:
            pooled: Tensor = self.body(*inputs)
        after = [statistics(outputs[name].float(), channels) for name, channels in self.readout]
        return torch.cat([pooled.flatten(1).float(), before, *after], dim=1)


class Joined(nn.Module):
    """The halves as one network: pixels → features, the prefix computed each time."""

    def __init__(self, cut: Cut) -> None:
        super().__init__()
        self.prefix, self.suffix = cut.prefix, cut.suffix

    def forward(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.suffix(*self.prefix(pixels))
        return features


def cut_network(network: nn.Module, stages: Stages, stage: str, pixels: Tensor) -> Cut:
    """Cut ``network`` before ``stage``, one of ``stages`` (input first, parameters by the network's names) but not the
    first. ``pixels`` (N, C, S, S) are what the cut is checked on.

    Raises ``UsageError`` for a stage that is not there, or a network that cannot be cut there.
    """
    names = [name for name, _ in stages]
    if stage not in names[1:]:
        raise UsageError(
            f"cutting the network before {stage!r}: its stages are {', '.join(names)}; name one of them, not the first"
        )
    learning = {item for _, items in stages[names.index(stage) :] for item in items}
    body = network.body if isinstance(network, BackboneNetwork) else network
    lead = "body." if isinstance(network, BackboneNetwork) else ""
    learning = {name.removeprefix(lead) for name in learning}
    readout = network.readout if isinstance(network, BackboneNetwork) else ()
    before = [(name, width) for name, width in readout if not _holds(body, name, learning)]
    after = [(name, width) for name, width in readout if _holds(body, name, learning)]
    try:
        graphs = _split(body, learning)
        cut = Cut(
            Prefix(network, fx.GraphModule(body, graphs[0]), before), Suffix(fx.GraphModule(body, graphs[1]), after)
        )
        for part in (cut.prefix, cut.suffix):
            part.train(network.training)
        with torch.no_grad():
            crossing = cut.prefix(pixels)
            if not all(isinstance(item, Tensor) and len(item) == len(pixels) for item in crossing):
                raise ValueError("what crosses is not one tensor a picture")
            agrees = torch.equal(cut.suffix(*crossing), network(pixels))
    except (fx.proxy.TraceError, RuntimeError, TypeError, ValueError, AttributeError, KeyError) as error:
        raise UsageError(
            f"cutting the network before {stage!r}: it cannot be followed there ({error}); choose another stage, or "
            "train the whole network (full, lp-ft)"
        ) from error
    if not agrees:
        raise UsageError(f"cutting the network before {stage!r}: the halves do not give what the whole gives")
    return cut


def _unchanged(pixels: Tensor) -> Tensor:
    return pixels


def _holds(body: nn.Module, module: str, parameters: set[str]) -> bool:
    """Whether a module holds one of ``parameters``."""
    return any(f"{module}.{name}" in parameters for name, _ in body.get_submodule(module).named_parameters())


class _Tracer(fx.Tracer):
    """Looks only into modules that hold parameters of both sides."""

    def __init__(self, learning: set[str]) -> None:
        super().__init__(param_shapes_constant=True)
        self._learning = learning

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        sides = {f"{module_qualified_name}.{name}" in self._learning for name, _ in m.named_parameters()}
        return len(sides) < 2


def _split(body: nn.Module, learning: set[str]) -> tuple[fx.Graph, fx.Graph]:
    """The graphs before and after the cut."""
    optional = {
        name: given.default
        for name, given in inspect.signature(body.forward).parameters.items()
        if given.default is not inspect.Parameter.empty
    }
    body_graph = _Tracer(learning).trace(body, concrete_args=optional)
    after = set[fx.Node]()
    for node in body_graph.nodes:
        if _reads(body, node, learning) or any(given in after for given in node.all_input_nodes):
            after.add(node)
    crossing = [node for node in body_graph.nodes if node not in after and any(user in after for user in node.users)]
    tensors = [node for node in crossing if node.op != "get_attr"]
    prefix = _copied(body_graph, [n for n in body_graph.nodes if n not in after], {}, fx.Graph(), tensors)
    suffix, places = fx.Graph(), dict[fx.Node, fx.Node]()
    for number, node in enumerate(tensors):
        places[node] = suffix.placeholder(f"crossing{number}")
    own = [node for node in body_graph.nodes if node in after or (node in crossing and node.op == "get_attr")]
    return prefix, _copied(body_graph, own, places, suffix, None)


def _reads(body: nn.Module, node: fx.Node, learning: set[str]) -> bool:
    """Whether a step uses a parameter of the learning side itself."""
    if node.op == "get_attr":
        return str(node.target) in learning
    return node.op == "call_module" and _holds(body, str(node.target), learning)


def _copied(
    source: fx.Graph,
    nodes: Iterable[fx.Node],
    places: dict[fx.Node, fx.Node],
    graph: fx.Graph,
    outputs: Sequence[fx.Node] | None,
) -> fx.Graph:
    """``graph`` with ``nodes`` added; it gives ``outputs``, or what the source gives."""
    for node in nodes:
        if node.op != "output":
            places[node] = graph.node_copy(node, lambda given: places[given])
    if outputs is None:
        (result,) = [node for node in source.nodes if node.op == "output"]
        graph.output(fx.map_arg(result.args[0], lambda given: places[given]))
    else:
        graph.output(tuple(places[node] for node in outputs))
    graph.lint()
    return graph

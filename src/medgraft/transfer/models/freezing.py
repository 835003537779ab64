"""Freezing has one owner: this file. Frozen means two things at once, and they never come apart:

* no gradient: the parameters do not require one, so no optimiser holds them;
* eval: the sub-tree is *set* to eval by an overridden ``train()``, so that BatchNorm statistics and dropout
  inside it do not move while the rest of the network trains. It still computes; nothing is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from torch import Tensor, nn

from medgraft.errors import UsageError

__all__ = ["PartlyFrozen", "batchnorms", "subtrees", "trainable"]

_BATCHNORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


class PartlyFrozen(nn.Module):
    """``network`` with parts of it frozen; ``forward`` is the network's own.

    ``modules`` are names as in ``network.named_modules()`` (a name freezes the whole sub-tree, ``""`` everything);
    ``parameters`` are names of single parameters that stand beside trained ones in a module (a class token, say).
    ``still`` are modules whose statistics stay (eval) though their parameters may learn. Train and evaluate through
    this wrapper: ``train()`` on the bare network knows nothing of the frozen parts. Raises ``UsageError`` for a name
    that the network does not have.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        modules: Iterable[str] = (),
        parameters: Iterable[str] = (),
        still: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.network = network
        known, own = dict(network.named_modules()), dict(network.named_parameters())
        frozen, resting = tuple(dict.fromkeys(modules)), tuple(dict.fromkeys(still))
        alone = tuple(dict.fromkeys(parameters))
        unknown = [n for n in (*frozen, *resting) if n not in known] + [n for n in alone if n not in own]
        if unknown:
            raise UsageError(f"freezing: the network has no {', '.join(sorted(unknown))}; see its named_modules()")
        for name in frozen:
            known[name].requires_grad_(False)
        for name in alone:
            own[name].requires_grad_(False)
        self._resting = (*frozen, *resting)
        self._held: tuple[str, ...] = ()
        self._learning = trainable(network)
        self.train(network.training)

    def hold(self, parameters: Iterable[str]) -> None:
        """Freeze some more for now: parameters by name, and the modules that hold no others. Those held before and not
        named are free again."""
        held = set(parameters)
        for name, item in self._learning.items():
            item.requires_grad_(name not in held)
        self._held = tuple(subtrees(self.network, held))
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Set the mode of everything that is not frozen; what is frozen is set to eval."""
        super().train(mode)
        for name in (*self._resting, *self._held):
            self.network.get_submodule(name).eval()
        return self

    def forward(self, *inputs: Tensor) -> Tensor:
        """What the network gives."""
        output: Tensor = self.network(*inputs)
        return output


def subtrees(network: nn.Module, parameters: Iterable[str]) -> list[str]:
    """Names of the largest modules that hold some of ``parameters`` and no other: what a frozen stage sets to
    eval.

    A stage is named by its parameters; this finds its modules, with the dropouts and the activations inside.
    """
    chosen = set(parameters)
    found: list[str] = []
    for name, module in network.named_modules():
        inside = any(not outer or name.startswith(f"{outer}.") for outer in found)
        prefix = f"{name}." if name else ""
        own = [prefix + inner for inner, _ in module.named_parameters(remove_duplicate=False)]
        if own and not inside and chosen.issuperset(own):
            found.append(name)
    return found


def batchnorms(network: nn.Module) -> list[str]:
    """Names of all BatchNorm modules (subclasses too), which small batches should not be allowed to move."""
    return [name for name, module in network.named_modules() if isinstance(module, _BATCHNORMS)]


def trainable(network: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that an optimiser must hold, by name: exactly those that are not frozen."""
    return {name: item for name, item in network.named_parameters() if item.requires_grad}

"""Pictures of n channels through a network trained on three: the first convolution is adapted, exactly.

Grey x, replicated and normalised, gives the first convolution the three planes (x - m_c) / s_c. Its answer is
linear in x and in the plane of ones:  Σ_c W_c * (x - m_c)/s_c = (Σ W_c/s_c) * x + (-Σ W_c m_c/s_c) * 1.
So a convolution over the two planes [x, ones] equals it, zero-padded borders included, because padding the
plane of ones with zeros is padding the *normalised* picture with zeros. A bias could not do that.

For n channels each x_k gets the n-th part, (Σ W_c/s_c) / n: what the first convolution gives for the mean of the
channels is unchanged, and so is its answer to grey repeated n times. n = 1 is the case above.

The other way, a first convolution trained on one channel serves three with a third of it on each: its answer to grey
is the same (where mean and std are alike for the three), and n channels follow from there.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["adapt_stem", "spread_stem", "stem_name", "with_ones"]

_TOLERANCE = 1e-9


def with_ones(pixels: Tensor) -> Tensor:
    """(N, n, H, W) → (N, n + 1, H, W): the picture and a plane of ones, the input of an adapted stem."""
    return torch.cat([pixels, torch.ones_like(pixels[:, :1])], dim=1)


def stem_name(network: nn.Module) -> str | None:
    """The name of the first convolution, where it can be adapted exactly; see ``adapt_stem``."""
    first = _only_first(network)
    if first is None or _adapted(first, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 1) is None:
        return None
    modules: list[tuple[str, nn.Module]] = list(network.named_modules())
    return next(name for name, module in modules if module is first)


def spread_stem(weight: Tensor) -> Tensor:
    """(O, 1, h, w) → (O, 3, h, w): a first convolution's weight for one channel, a third of it on each of three."""
    return weight.expand(-1, 3, -1, -1) / 3


def adapt_stem(network: nn.Module, mean: Sequence[float], std: Sequence[float], channels: int = 1) -> bool:
    """Make the first convolution of ``network`` take [x_1, …, x_n, ones] in place of normalised R, G, B; in place.
    ``channels`` is n; mean and std are those of R, G, B.

    Returns False and changes nothing where that cannot be exact: no ungrouped convolution on three planes,
    more than one (parallel branches on the picture), another layer on three planes, or one that is not
    linear in its weights (weight standardisation). Then the mean of the channels is replicated.
    """
    first = _only_first(network)
    planes = None if first is None else _adapted(first, mean, std, channels)
    if first is None or planes is None:
        return False
    first.in_channels = channels + 1
    first.weight = nn.Parameter(planes.to(first.weight.dtype), requires_grad=first.weight.requires_grad)
    return True


def _adapted(first: nn.Conv2d, mean: Sequence[float], std: Sequence[float], channels: int) -> Tensor | None:
    """The weight on [x_1, …, x_n, ones], in double precision, if the convolution with it gives the same."""
    adapted = copy.deepcopy(first)
    weight = adapted.weight.detach().double()
    means = torch.tensor(list(mean), dtype=torch.float64).view(1, 3, 1, 1)
    stds = torch.tensor(list(std), dtype=torch.float64).view(1, 3, 1, 1)
    each = (weight / stds).sum(1, keepdim=True) / channels
    ones = -(weight * means / stds).sum(1, keepdim=True)
    planes = torch.cat([each.expand(-1, channels, -1, -1), ones], dim=1)
    adapted.in_channels = channels + 1
    adapted.weight = nn.Parameter(planes, requires_grad=first.weight.requires_grad)
    return planes if _equal(first, adapted, means, stds) else None


def _only_first(network: nn.Module) -> nn.Conv2d | None:
    """The only layer on three planes, if it is an ungrouped convolution with a plain weight."""
    layers = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels == 3:
            layers.append(module)
        elif getattr(module, "num_features", None) == 3 and not list(module.children()):
            return None  # a normalisation on the picture itself
    if len(layers) != 1 or layers[0].groups != 1:
        return None
    return layers[0] if "weight" in dict(layers[0].named_parameters(recurse=False)) else None


def _equal(first: nn.Conv2d, adapted: nn.Conv2d, means: Tensor, stds: Tensor) -> bool:
    """Whether both give the same on a picture of a few kernels, in double precision."""
    sides = [4 * (kernel - 1) * step + 3 for kernel, step in zip(first.kernel_size, first.dilation, strict=True)]
    count = sides[0] * sides[1]
    picture = torch.linspace(0.0, 1.0, count, dtype=torch.float64).mul(37.0).remainder(1.0).view(1, 1, *sides)
    original = copy.deepcopy(first).double().eval()
    with torch.no_grad():
        wanted = original((picture - means) / stds)
        got = adapted.double().eval()(with_ones(picture.expand(-1, adapted.in_channels - 1, -1, -1)))
    scale = float(wanted.abs().max()) + _TOLERANCE
    return wanted.shape == got.shape and float((wanted - got).abs().max()) <= _TOLERANCE * scale

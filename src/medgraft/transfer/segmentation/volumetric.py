"""Networks of volumes and windows that slide over them, of MONAI: the only place that imports it, when it is needed.

The U-Net follows the plan: a side is halved while at least four voxels are left of the patch, so that a flat patch is
not halved across its few slices. Source: Isensee et al., Nat Methods 2021;18:203-211.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from medgraft.errors import UsageError
from medgraft.transfer.segmentation.plan import Plan, Shape

__all__ = ["slide", "volume_network", "window_weights"]

_FEWEST, _DEEPEST, _WIDEST = 4, 5, 320
_SIGMA = 0.125
"""Of the Gaussian that weighs a window's voxels, share of its side."""


def volume_network(plan: Plan, channels: int, classes: int, width: int) -> nn.Module:
    """A U-Net of volumes: (N, channels, D, H, W) → logits (N, classes, D, H, W). ``width``: channels at full size."""
    make = _monai()[0]
    strides, kernels, sides = [[1, 1, 1]], [[3, 3, 3]], list(plan.patch)
    while len(strides) < _DEEPEST:
        step = [2 if side // 2 >= _FEWEST and side % 2 == 0 else 1 for side in sides]
        if max(step) == 1:
            break
        strides.append(step)
        kernels.append([3, 3, 3])
        sides = [side // by for side, by in zip(sides, step, strict=True)]
    widths = [min(width * 2**level, _WIDEST) for level in range(len(strides))]
    network = make(3, channels, classes, kernels, strides, strides[1:], filters=widths)
    # it holds every module twice, by name and nested; a state dict needs each once
    return nn.Sequential(network.skip_layers, network.output_block)


def slide(predict: Callable[[Tensor], Tensor], pixels: Tensor, window: Shape, *, batch: int, overlap: float) -> Tensor:
    """``predict`` on windows of ``pixels``, (N, C, D, H, W), or (N, C, H, W) where ``window`` has one slice, put
    together with Gaussian weights: (N, classes, …). A case that is smaller than the window is padded, and cut back.
    It holds all of the answer; for large volumes see ``slabs``."""
    windows = _monai()[1]
    found: Tensor = windows(
        pixels,
        window[1:] if pixels.ndim == 4 else window,
        batch,
        predict,
        overlap=overlap,
        mode="gaussian",
        sigma_scale=_SIGMA,
        padding_mode="replicate",
    )
    return found


def window_weights(window: Shape) -> Tensor:
    """How much each voxel of a window counts, as in ``slide``."""
    weigh = _monai()[2]
    found: Tensor = weigh(window, mode="gaussian", sigma_scale=_SIGMA)
    return found


def _monai() -> tuple[Any, Any, Any]:
    """Its U-Net, its sliding windows and their weights."""
    try:
        from monai.data.utils import compute_importance_map
        from monai.inferers.utils import sliding_window_inference
        from monai.networks.nets.dynunet import DynUNet
    except ImportError as error:
        raise UsageError("segmentation needs MONAI: pip install 'medgraft[segmentation]'") from error
    return DynUNet, sliding_window_inference, compute_importance_map

"""EfficientNet-Lite as an OpenVINO model, drawn straight from its tensors: a first ``fit`` needs no PyTorch.

Importing PyTorch and timm and tracing the network costs more than embedding a few hundred images. The
architecture is read off names and shapes (Liu et al. 2020, github.com/tensorflow/tpu, EfficientNet-Lite):
inverted residual blocks, ReLU6, TensorFlow SAME padding, no squeeze-and-excitation. BatchNorm is folded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LiteLayers", "draw_lite", "lite_body"]

_STRIDES = (1, 2, 2, 2, 1, 2, 1)
_EPSILON = 1e-3
_VARIANCE_FLOOR = 1e-6  # of ``readout``, which imports torch; a test holds the two together
_BLOCK = re.compile(r"body\.blocks\.(\d+)\.(\d+)\.")
Scaling = Sequence[Sequence[float]]
"""(mean, std) for R, G, B."""


def draw_lite(library: Any, state: Mapping[str, NDArray[Any]], *, channels: int, size: int, scaling: Scaling) -> Any:
    """The model: pixels [1, C, S, S] in [0, 1] → features [1, d]: the pooled output, then the statistics of
    every stage."""
    layer = LiteLayers(library.opset13, state)
    pixels, stages, last = lite_body(layer, channels=channels, size=size, scaling=scaling)
    read = [part for node in stages for part in layer.statistics(node)]
    features = layer.ops.concat([layer.mean(last), *read], axis=1)
    return library.Model([features], [pixels], "efficientnet-lite")


def lite_body(layer: LiteLayers, *, channels: int, size: int, scaling: Scaling) -> tuple[Any, list[Any], Any]:
    """The input, what each stage gives, and the last map."""
    ops = layer.ops
    pixels = ops.parameter([1, channels, size, size], np.float32, name="pixels")
    if channels == 1:  # the adapted stem takes the picture and a plane of ones
        node = ops.concat([pixels, ops.constant(np.ones((1, 1, size, size), np.float32))], axis=1)
    else:
        mean, std = (np.array(values, np.float32).reshape(1, 3, 1, 1) for values in scaling)
        node = ops.divide(ops.subtract(pixels, ops.constant(mean)), ops.constant(std))
    node = layer.convolve(node, "body.conv_stem", "body.bn1", stride=2)
    blocks = sorted({(int(m[1]), int(m[2])) for name in layer.state if (m := _BLOCK.match(name))})
    stages = []
    for stage, number in blocks:
        node = layer.block(node, f"body.blocks.{stage}.{number}", _STRIDES[stage] if number == 0 else 1)
        if (stage, number + 1) not in blocks:
            stages.append(node)
    return pixels, stages, layer.convolve(node, "body.conv_head", "body.bn2")


class LiteLayers:
    """Layers that find their tensors by name."""

    def __init__(self, ops: Any, state: Mapping[str, NDArray[Any]]) -> None:
        self.ops, self.state = ops, state

    def block(self, node: Any, name: str, stride: int) -> Any:
        """Depthwise-separable (the first stage) or inverted residual; with a shortcut where shapes allow."""
        if f"{name}.conv_pwl.weight" in self.state:
            inner = self.convolve(node, f"{name}.conv_pw", f"{name}.bn1")
            inner = self.convolve(inner, f"{name}.conv_dw", f"{name}.bn2", stride=stride, depthwise=True)
            inner = self.convolve(inner, f"{name}.conv_pwl", f"{name}.bn3", active=False)
        else:
            inner = self.convolve(node, f"{name}.conv_dw", f"{name}.bn1", stride=stride, depthwise=True)
            inner = self.convolve(inner, f"{name}.conv_pw", f"{name}.bn2", active=False)
        same = stride == 1 and list(node.output(0).shape) == list(inner.output(0).shape)
        return self.ops.add(node, inner) if same else inner

    def mean(self, node: Any, *, keep: bool = False) -> Any:
        """Over the picture: [1, C], or [1, C, 1, 1] to ``keep`` the axes."""
        return self.ops.reduce_mean(node, self.ops.constant(np.array([2, 3])), keep_dims=keep)

    def statistics(self, node: Any) -> list[Any]:
        """As ``readout.statistics``: mean magnitude and deviation of each channel."""
        ops = self.ops
        off = ops.subtract(node, self.mean(node, keep=True))
        variance = ops.add(self.mean(ops.multiply(off, off)), ops.constant(np.float32(_VARIANCE_FLOOR)))
        return [self.mean(ops.abs(node)), ops.sqrt(variance)]

    def convolve(
        self, node: Any, name: str, norm: str, *, stride: int = 1, depthwise: bool = False, active: bool = True
    ) -> Any:
        """Convolution with its BatchNorm folded in, then ReLU6."""
        kernel, bias = self.folded(name, norm)
        convolution = self.ops.group_convolution if depthwise else self.ops.convolution
        constant = self.ops.constant(kernel[:, None] if depthwise else kernel)
        node = convolution(node, constant, [stride, stride], [0, 0], [0, 0], [1, 1], auto_pad="same_upper")
        node = self.ops.add(node, self.ops.constant(bias))
        return self.ops.clamp(node, 0.0, 6.0) if active else node

    def folded(self, name: str, norm: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Kernel (out, in, k, k) and bias (1, out, 1, 1) of a convolution with its BatchNorm."""
        weight = self.state[f"{name}.weight"].astype(np.float64)
        gain, shift, mean, variance = (
            self.state[f"{norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = gain / np.sqrt(variance + _EPSILON)
        bias = (shift - mean * factor).astype(np.float32).reshape(1, -1, 1, 1)
        return (weight * factor[:, None, None, None]).astype(np.float32), bias

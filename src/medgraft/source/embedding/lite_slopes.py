"""EfficientNet-Lite's stages and how an answer changes with them, as an OpenVINO model: heat maps without PyTorch.

OpenVINO differentiates nothing, so the way back is drawn too, layer by layer. It is short: a convolution goes back by
its own kernel turned round, ReLU6 lets through what lay between its ends, a shortcut adds, and the features of a stage
(``readout.statistics``) have a slope in closed form. A test holds it against PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.lite_graph import LiteLayers, Scaling, lite_body
from medgraft.source.embedding.openvino_engine import openvino_library
from medgraft.source.embedding.state import backbone_state

__all__ = ["LiteSlopes", "draw_lite_slopes"]

Step = Callable[[Any], Any]


class LiteSlopes:
    """``draw_lite_slopes`` compiled for a job that ``openvino_engine.is_drawn``."""

    def __init__(self, job: Job, *, most: float) -> None:
        library, facts = openvino_library(), job.backbone.facts
        scaling = (facts.mean, facts.std)
        model = draw_lite_slopes(
            library, backbone_state(job), channels=job.channels, size=job.size, scaling=scaling, most=most
        )
        options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        self._compiled = library.Core().compile_model(model, "CPU", options)
        self._stages = [name for name, _ in facts.readout]

    def __call__(
        self, pixels: NDArray[np.float32], slopes: NDArray[np.float64]
    ) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
        """For a picture (1, C, S, S) and the slopes by its features (d,): name, values and slopes (K, h, w) of each
        stage, input first."""
        given = {0: np.ascontiguousarray(pixels), 1: slopes[None].astype(np.float32)}
        found = [np.asarray(one[0], np.float64) for one in self._compiled(given).to_tuple()]
        number = len(found) // 2
        return list(zip(self._stages[-number:], found[:number], found[number:], strict=True))


def draw_lite_slopes(
    library: Any, state: Mapping[str, NDArray[Any]], *, channels: int, size: int, scaling: Scaling, most: float
) -> Any:
    """The model: pixels [1, C, S, S] in [0, 1] and the slope of a number by each feature [1, d] → of each stage with at
    most ``most`` cells a side its values [1, K, h, w], and then of each the slopes by them, input first."""
    layer = _Taped(library.opset13, state)
    pixels, stages, last = lite_body(layer, channels=channels, size=size, scaling=scaling)
    first = next(place for place, node in enumerate(stages) if node.output(0).shape[2] <= most)
    widths = [int(node.output(0).shape[1]) for node in (last, *(part for node in stages for part in (node, node)))]
    ops = layer.ops
    given = ops.parameter([1, sum(widths)], np.float32, name="slopes")
    pooled, *read = ops.variadic_split(given, ops.constant(1), ops.constant(np.array(widths))).outputs()
    slope = layer.convolved_back(layer.mean_back(pooled, last))
    slopes = []
    for place in range(len(stages) - 1, first - 1, -1):
        if place < len(stages) - 1:
            slope = layer.blocks_back(slope, stages[place])
        slope = ops.add(slope, layer.statistics_back(read[2 * place], read[2 * place + 1], stages[place]))
        slopes.append(slope)
    return library.Model([*stages[first:], *reversed(slopes)], [pixels, given], "efficientnet-lite-slopes")


class _Taped(LiteLayers):
    """Layers that remember what was drawn, and draw it backwards."""

    def __init__(self, ops: Any, state: Mapping[str, NDArray[Any]]) -> None:
        super().__init__(ops, state)
        self._tape: list[tuple[Any, Step]] = []
        """What each block, or convolution outside of one, was given, and its way back."""

    def block(self, node: Any, name: str, stride: int) -> Any:
        """As drawn, on the tape as one step."""
        before = len(self._tape)
        out = super().block(node, name, stride)
        steps = [step for _, step in self._tape[before:]]
        del self._tape[before:]
        same = stride == 1 and list(node.output(0).shape) == list(out.output(0).shape)

        def back(slope: Any) -> Any:
            inner = slope
            for step in reversed(steps):
                inner = step(inner)
            return self.ops.add(slope, inner) if same else inner

        self._tape.append((node, back))
        return out

    def convolve(
        self, node: Any, name: str, norm: str, *, stride: int = 1, depthwise: bool = False, active: bool = True
    ) -> Any:
        """As drawn, on the tape."""
        out = super().convolve(node, name, norm, stride=stride, depthwise=depthwise, active=active)
        kernel, _ = self.folded(name, norm)
        side = int(node.output(0).shape[2])

        def back(slope: Any) -> Any:
            passed = self._passed(slope, out) if active else slope
            if depthwise:
                return self._depthwise_back(passed, kernel, stride, side)
            return self._plain_back(passed, kernel)

        self._tape.append((node, back))
        return out

    def convolved_back(self, slope: Any) -> Any:
        """Through the last step on the tape, which is taken off."""
        _, step = self._tape.pop()
        return step(slope)

    def blocks_back(self, slope: Any, until: Any) -> Any:
        """Through the steps that came after ``until``."""
        while True:
            node, step = self._tape.pop()
            slope = step(slope)
            if node is until:
                return slope

    def mean_back(self, slope: Any, node: Any) -> Any:
        """Slopes [1, K] by the mean of each channel → by the map."""
        ops, shape = self.ops, [int(length) for length in node.output(0).shape]
        share = ops.constant(np.full((1, 1, 1, 1), 1 / (shape[2] * shape[3]), np.float32))
        return ops.broadcast(ops.multiply(self._column(slope), share), ops.constant(np.array(shape)))

    def statistics_back(self, magnitude: Any, deviation: Any, node: Any) -> Any:
        """Slopes [1, K] by the mean magnitude and by the deviation of each channel → by the map."""
        ops = self.ops
        off = ops.subtract(node, self.mean(node, keep=True))
        spread = self._column(self.statistics(node)[1])
        by_magnitude = ops.multiply(ops.sign(node), self._column(magnitude))
        by_deviation = ops.multiply(ops.divide(off, spread), self._column(deviation))
        cells = np.float32(np.prod([int(length) for length in node.output(0).shape[2:]]))
        return ops.divide(ops.add(by_magnitude, by_deviation), ops.constant(cells))

    def _column(self, slope: Any) -> Any:
        """[1, K] → [1, K, 1, 1]."""
        return self.ops.unsqueeze(slope, self.ops.constant(np.array([2, 3])))

    def _passed(self, slope: Any, out: Any) -> Any:
        """What ReLU6 lets through."""
        ops = self.ops
        awake = ops.logical_and(
            ops.greater(out, ops.constant(np.float32(0))), ops.less(out, ops.constant(np.float32(6)))
        )
        return ops.select(awake, slope, ops.constant(np.float32(0)))

    def _plain_back(self, slope: Any, kernel: NDArray[np.float32]) -> Any:
        """One cell to one cell."""
        turned = self.ops.constant(np.ascontiguousarray(kernel.transpose(1, 0, 2, 3)))
        return self.ops.convolution(slope, turned, [1, 1], [0, 0], [0, 0], [1, 1])

    def _depthwise_back(self, slope: Any, kernel: NDArray[np.float32], stride: int, side: int) -> Any:
        """``side``: cells of what was convolved."""
        ops, length = self.ops, kernel.shape[-1]
        padding = (-(-side // stride) - 1) * stride + length - side
        before = [padding // 2] * 2
        after = [padding - padding // 2] * 2
        if stride == 1:
            turned = ops.constant(np.ascontiguousarray(kernel[:, None, :, ::-1, ::-1]))
            return ops.group_convolution(slope, turned, [1, 1], after, before, [1, 1])
        return ops.group_convolution_backprop_data(
            slope, ops.constant(kernel[:, None]), [stride, stride], pads_begin=before, pads_end=after, dilations=[1, 1]
        )

"""A detector: torchvision's FCOS, RetinaNet or Faster R-CNN over the pyramid of a backbone of medgraft's.

The head is narrow enough for a CPU. Pixels come in [0, 1]; the backbone's own normalisation is inside the pyramid, and
torchvision's resizing and normalisation are not used. Class indices count from 0 here; that Faster R-CNN has a
background class before them is its own matter.
Sources: Tian et al. 2019 (FCOS); Lin et al. 2017 (RetinaNet, feature pyramid); Ren et al. 2015 (Faster R-CNN).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection import FCOS, FasterRCNN, RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.fcos import FCOSHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.retinanet import RetinaNetHead
from torchvision.models.detection.rpn import RPNHead
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign

from medgraft.transfer.detection.boxes_feed import NO_BOX
from medgraft.transfer.detection.plan import DetectionPlan
from medgraft.transfer.detection.settings import DetectorSpec

__all__ = ["FLOOR", "Detector", "LossRows", "Raw", "build_detector"]

FLOOR = 0.02
"""Scores below it are no candidates."""
_CANDIDATES = 1000
_A_LEVEL = 500
_GROUPS = 32
_HIDDEN = 256
_PYRAMID = "backbone.pyramid."
_OPEN: dict[str, Any] = {
    "score_thresh": FLOOR,
    "nms_thresh": 1.0,
    "detections_per_img": _CANDIDATES,
    "topk_candidates": _A_LEVEL,
}
"""Postprocessing that lets every candidate through; which are suppressed is chosen later (``decoding``)."""


@dataclass(frozen=True)
class Raw:
    """Candidates of one picture before any of them is suppressed, in pixels of the square: ``boxes`` (n, 4),
    ``scores`` (n,), ``labels`` (n,) class indices."""

    boxes: Tensor
    scores: Tensor
    labels: Tensor


class _Features(nn.Module):
    """What torchvision calls a backbone: the inputs of the pyramid → maps of ``out_channels`` by level."""

    def __init__(self, pyramid: nn.Module, channels: Sequence[int], width: int) -> None:
        super().__init__()
        self.pyramid, self.fpn = pyramid, FeaturePyramidNetwork(list(channels), width)
        self.out_channels = width

    def forward(self, *inputs: Tensor) -> dict[str, Tensor]:
        maps = self.pyramid(*inputs)
        found: dict[str, Tensor] = self.fpn(OrderedDict((str(number), one) for number, one in enumerate(maps)))
        return found


class Detector(nn.Module):
    """``losses`` to learn from, ``candidates`` to answer with; both take the inputs of the pyramid, pixels (N, C, S, S)
    where it is a whole one."""

    def __init__(self, model: nn.Module, spec: DetectorSpec, side: int) -> None:
        super().__init__()
        self.model: Any = model
        self.spec, self.side = spec, side
        self._dense = spec.architecture != "faster-rcnn"

    def over(self, pyramid: nn.Module) -> Detector:
        """This one, from now on over another part of its backbone."""
        self.model.backbone.pyramid = pyramid
        return self

    def head_state(self) -> dict[str, Tensor]:
        """Everything that is not the backbone's."""
        state: dict[str, Tensor] = self.model.state_dict()
        return {name: item for name, item in state.items() if not name.startswith(_PYRAMID)}

    def head(self) -> nn.Module:
        """The modules that hold it, without the backbone."""
        others = [module for name, module in self.model.named_children() if name != "backbone"]
        return nn.ModuleList([self.model.backbone.fpn, *others])

    def losses(self, inputs: Sequence[Tensor], boxes: Tensor) -> Tensor:
        """(3 or 4,) parts of the loss of the batch, whose sum is minimised: of FCOS class, box and centre, of
        RetinaNet class and box, of Faster R-CNN those of both steps. ``boxes`` (N, M, 5) as ``BoxesFeed`` has them."""
        features, shapes = self.model.backbone(*inputs), self._shapes(len(boxes))
        targets = self._targets(boxes)
        if not self._dense:
            with _learning(self.model, drawn=self.training):
                proposals, first = self.model.rpn(shapes, features, targets)
                _, second = self.model.roi_heads(features, proposals, shapes.image_sizes, targets)
            return torch.stack([*second.values(), *first.values()])
        maps = list(features.values())
        outputs, anchors = self.model.head(maps), self.model.anchor_generator(shapes, maps)
        counts = [self._points(one) for one in maps] if self.spec.architecture == "fcos" else None
        given = (targets, outputs, anchors) if counts is None else (targets, outputs, anchors, counts)
        return torch.stack(list(self.model.compute_loss(*given).values()))

    def candidates(self, *inputs: Tensor) -> list[Raw]:
        """Of each picture; the network is in eval mode."""
        features, shapes = self.model.backbone(*inputs), self._shapes(len(inputs[0]))
        if not self._dense:
            proposals, _ = self.model.rpn(shapes, features, None)
            found, _ = self.model.roi_heads(features, proposals, shapes.image_sizes, None)
            return [Raw(one["boxes"], one["scores"], one["labels"] - 1) for one in found]
        maps = list(features.values())
        outputs, anchors = self.model.head(maps), self.model.anchor_generator(shapes, maps)
        each = 1 if self.spec.architecture == "fcos" else self.model.anchor_generator.num_anchors_per_location()[0]
        counts = [self._points(one) * each for one in maps]
        split = {name: list(item.split(counts, dim=1)) for name, item in outputs.items()}
        dealt = [list(item.split(counts)) for item in anchors]
        found = self.model.postprocess_detections(split, dealt, shapes.image_sizes)
        return [Raw(one["boxes"], one["scores"], one["labels"]) for one in found]

    @staticmethod
    def _points(one: Tensor) -> int:
        return int(one.shape[2] * one.shape[3])

    def _shapes(self, count: int) -> ImageList:
        """What torchvision asks of pictures besides their maps: their size."""
        size = (self.side, self.side)
        return ImageList(torch.zeros(1, 1, 1, 1).expand(count, 1, *size), [size] * count)

    def _targets(self, boxes: Tensor) -> list[dict[str, Tensor]]:
        first = 0 if self._dense else 1
        there = boxes[:, :, 4] != NO_BOX
        return [
            {"boxes": one[seen, :4], "labels": one[seen, 4].long() + first}
            for one, seen in zip(boxes, there, strict=True)
        ]


@contextmanager
def _learning(model: Any, *, drawn: bool) -> Iterator[None]:
    """Within it both steps of a Faster R-CNN give losses, in eval mode too (neither holds a dropout or a statistic).
    They draw the boxes that they look at; unless they are ``drawn`` as the loop has it, always the same ones."""
    was = model.rpn.training
    model.rpn.train()
    model.roi_heads.train()
    try:
        if drawn:
            yield
        else:
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(0)
                yield
    finally:
        model.rpn.train(was)
        model.roi_heads.train(was)


class LossRows(nn.Module):
    """A detector as the training loop calls it: inputs and boxes → (N, parts), the batch's loss on each picture."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, *given: Tensor) -> Tensor:
        """See the class."""
        *inputs, boxes = given
        return self.detector.losses(inputs, boxes).expand(len(boxes), -1)


def build_detector(spec: DetectorSpec, plan: DetectionPlan, pyramid: nn.Module, channels: Sequence[int]) -> Detector:
    """Over ``pyramid``, whose levels have ``channels``; weights that no source gives are drawn from torch's
    generator."""
    features = _Features(pyramid, channels, spec.width)
    make = {"fcos": _fcos, "retinanet": _retinanet, "faster-rcnn": _faster_rcnn}[spec.architecture]
    return Detector(make(spec, plan, features), spec, plan.size)


def _fcos(spec: DetectorSpec, plan: DetectionPlan, features: _Features) -> nn.Module:
    head = FCOSHead(spec.width, 1, spec.classes, spec.convolutions)
    # Distances pass a ReLU: from zero half of them would start without a gradient.
    nn.init.constant_(head.regression_head.bbox_reg.bias, plan.reach)
    anchors = AnchorGenerator(tuple((stride,) for stride in plan.strides), ((1.0,),) * len(plan.strides))
    model: nn.Module = FCOS(features, spec.classes, anchor_generator=anchors, head=head, **_OPEN)
    return model


def _retinanet(spec: DetectorSpec, plan: DetectionPlan, features: _Features) -> nn.Module:
    anchors = _anchors(plan)
    norm = partial(nn.GroupNorm, _GROUPS)
    head = RetinaNetHead(spec.width, anchors.num_anchors_per_location()[0], spec.classes, norm_layer=norm)
    for branch in (head.classification_head, head.regression_head):
        branch.conv = branch.conv[: spec.convolutions]
    model: nn.Module = RetinaNet(features, spec.classes, anchor_generator=anchors, head=head, **_OPEN)
    return model


def _faster_rcnn(spec: DetectorSpec, plan: DetectionPlan, features: _Features) -> nn.Module:
    anchors, names = _anchors(plan), [str(number) for number in range(len(plan.strides))]
    pool = MultiScaleRoIAlign(names, output_size=7, sampling_ratio=2)
    model: nn.Module = FasterRCNN(
        features,
        num_classes=None,
        rpn_anchor_generator=anchors,
        rpn_head=RPNHead(spec.width, anchors.num_anchors_per_location()[0], conv_depth=1),
        rpn_pre_nms_top_n_train=_CANDIDATES,
        rpn_pre_nms_top_n_test=_A_LEVEL,
        rpn_post_nms_top_n_train=_CANDIDATES // 2,
        rpn_post_nms_top_n_test=_A_LEVEL // 2,
        box_roi_pool=pool,
        box_head=TwoMLPHead(spec.width * 49, _HIDDEN),
        box_predictor=FastRCNNPredictor(_HIDDEN, spec.classes + 1),
        box_score_thresh=FLOOR,
        box_nms_thresh=1.0,
        box_detections_per_img=_CANDIDATES,
        box_batch_size_per_image=128,
    )
    return model


def _anchors(plan: DetectionPlan) -> AnchorGenerator:
    return AnchorGenerator(plan.anchor_sizes, (plan.aspects,) * len(plan.strides))

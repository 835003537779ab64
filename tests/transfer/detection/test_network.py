"""Three detectors over one backbone: what they are made of, what they lose, what they answer."""

import pytest
import torch

from medgraft.home import Home
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.transfer.detection.boxes_feed import NO_BOX
from medgraft.transfer.detection.network import FLOOR, LossRows, build_detector
from medgraft.transfer.detection.pyramid import cut_pyramid, find_levels
from medgraft.transfer.detection.settings import DetectorSpec

ARCHITECTURES = ("fcos", "retinanet", "faster-rcnn")
BOXES = torch.tensor([[[10.0, 10, 26, 26, 1], [40, 40, 60, 50, 0]], [[0, 0, 0, 0, NO_BOX], [0, 0, 0, 0, NO_BOX]]])


@pytest.fixture
def detector(plan):
    """``detector(architecture)`` with two classes over a whole small backbone."""

    def make(architecture):
        source = resolve_backbone("test_resnet", weights="random", home=Home(None))
        network = source.build(1)
        levels = find_levels(network, source.stages(network), plan.strides)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            spec = DetectorSpec(architecture, 2, 32, 1)
            whole = cut_pyramid(network, levels, ()).learning
            return build_detector(spec, plan, whole, [level.channels for level in levels]).eval()

    return make


def pixels(count=2):
    return torch.rand(count, 1, 64, 64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_losses_are_alike_in_both_modes_and_reach_every_part(detector, architecture):
    made = detector(architecture)
    first, again = (made.losses([pixels()], BOXES) for _ in range(2))
    assert torch.equal(first, again)  # Faster R-CNN draws, but the same
    assert torch.isfinite(first).all()
    assert (first > 0).all()
    first.sum().backward()
    without = [name for name, item in made.named_parameters() if item.grad is None]
    assert not without


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_batch_of_empty_pictures_has_a_loss(detector, architecture):
    losses = detector(architecture).losses([pixels()], torch.full((2, 1, 5), float(NO_BOX)))
    assert torch.isfinite(losses).all()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_step_towards_the_boxes_lowers_the_loss(detector, architecture):
    made = detector(architecture)
    optimiser = torch.optim.Adam(made.parameters(), lr=1e-3)
    losses = []
    for _ in range(5):
        loss = made.losses([pixels()], BOXES).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_candidates_lie_in_the_square_and_are_classes_from_0(detector, architecture):
    made = detector(architecture)
    with torch.no_grad():
        for item in made.parameters():  # bold enough to call something
            if item.ndim == 1 and len(item) in (2, 3, 12):
                item.add_(3.0)
        found = made.candidates(pixels(3))
    assert len(found) == 3
    assert sum(len(raw.scores) for raw in found)
    for raw in found:
        assert raw.boxes.min() >= 0
        assert raw.boxes.max() <= 64
        assert set(raw.labels.tolist()) <= {0, 1}
        assert raw.scores.min() > FLOOR


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_is_kept_besides_the_backbone_is_pyramid_and_head(detector, architecture):
    made = detector(architecture)
    own = {id(item) for item in made.head().parameters()}
    backbone = {id(item) for item in made.model.backbone.pyramid.parameters()}
    assert not own & backbone
    assert own | backbone == {id(item) for item in made.parameters()}
    assert not any("pyramid" in name for name in made.head_state())


@pytest.mark.parametrize("architecture", ["fcos", "retinanet"])
def test_the_head_is_as_deep_as_asked(detector, architecture):
    head = detector(architecture).model.head
    convolutions = [m for m in head.classification_head.conv.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == 1
    assert convolutions[0].weight.shape == (32, 32, 3, 3)


def test_torchvisions_own_loss_is_what_is_minimised(detector):
    """FCOS by torchvision's forward pass, which normalises: undone here by mean 0 and deviation 1."""
    made = detector("fcos")
    model = made.model.train()
    model.transform.image_mean, model.transform.image_std, model.transform._skip_resize = [0.0], [1.0], True
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    targets = [{"boxes": BOXES[0, :, :4], "labels": BOXES[0, :, 4].long()}] * 2
    with torch.no_grad():
        wanted = model(list(pixels()), targets)
    got = made.losses([pixels()], torch.stack([BOXES[0], BOXES[0]]))
    assert got.detach().tolist() == pytest.approx([float(value) for value in wanted.values()], rel=1e-5)


def test_rows_of_the_loop_are_the_loss_of_the_batch(detector):
    made = detector("fcos")
    rows = LossRows(made)(pixels(), BOXES)
    assert rows.shape == (2, 3)
    assert torch.equal(rows[0], rows[1])
    assert torch.equal(rows[0], made.losses([pixels()], BOXES))

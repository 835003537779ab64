"""A bundle looks at pictures of files: in order, whatever the batch, with a reason for what cannot be read."""

import numpy as np
import pytest
from PIL import Image

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.embed import Picture
from medgraft.transfer.detection.bundle import DetectorBundle, write_detector
from medgraft.transfer.detection.decoding import Cuts
from medgraft.transfer.detection.network import build_detector
from medgraft.transfer.detection.plan import DetectionPlan
from medgraft.transfer.detection.pyramid import cut_pyramid, find_levels
from medgraft.transfer.detection.settings import DetectionSettings, DetectorSpec
from medgraft.transfer.detection.trained import TrainedDetector, arrays
from medgraft.transfer.tasks.detection import Detection
from medgraft.use.prediction.box_finder import BoxFinder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run folder with the bundle of an untrained network that calls whatever has a score."""
    sizes = ((16.0, 20.0, 24.0), (32.0, 40.0, 48.0))
    plan = DetectionPlan(
        size=64,
        fit="pad",
        strides=(8, 16),
        anchor_sizes=sizes,
        aspects=(1.0,),
        reach=1.0,
        most=1,
        pictures=1,
        boxes={"a": 1},
        typical={"a": (20, 20)},
    )
    source = resolve_backbone("test_resnet", weights="random", home=Home(None))
    network = source.build(1)
    levels = find_levels(network, source.stages(network), plan.strides)
    spec = DetectorSpec("fcos", 1, 32, 1)
    detector = build_detector(spec, plan, cut_pyramid(network, levels, ()).learning, [one.channels for one in levels])
    detector.model.head.classification_head.cls_logits.bias.data.zero_()
    trained = TrainedDetector(source.facts, 1, spec, plan, arrays(network.state_dict()), arrays(detector.head_state()))
    prepared = Preprocessing(size=64, channels=1, fit="pad")
    run = tmp_path_factory.mktemp("finder")
    write_detector(
        run / "bundle", DetectorBundle(trained, DetectionSettings(), prepared, Detection(("a",)), Cuts(0.3, 0.1, "val"))
    )
    return run


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """20 pictures of several sizes; the sixth is broken and the ninth a volume."""
    place, made = tmp_path_factory.mktemp("pictures"), []
    for number in range(20):
        path = place / f"{number:02d}.png"
        shape = (40 + number, 90 - number)
        Image.fromarray(np.random.default_rng(number).integers(0, 255, shape).astype(np.uint8)).save(path)
        made.append(Picture(path, "*" if number == 8 else "", ""))
    (place / "05.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return made


def test_one_answer_a_picture_in_its_own_pixels(folder, pictures):
    looked = list(BoxFinder.load(folder).look(pictures, reader=ImageReader(), progress=Progress()))
    assert len(looked) == 20
    assert [number for number, one in enumerate(looked) if one.found is None] == [5, 8]
    assert "volume" in looked[8].reason
    assert looked[5].reason
    for number, one in enumerate(looked):
        if one.found is not None:
            assert one.shape == (40 + number, 90 - number)
            assert len(one.found)
            assert one.found.boxes[:, 2].max() <= 90 - number
            assert one.found.boxes[:, 3].max() <= 40 + number


def test_a_picture_alone_gets_the_same_boxes(folder, pictures):
    finder = BoxFinder.load(folder / "bundle")
    together = list(finder.look(pictures, reader=ImageReader(), progress=Progress()))
    (alone,) = finder.look(pictures[12:13], reader=ImageReader(), progress=Progress())
    np.testing.assert_allclose(alone.found.boxes, together[12].found.boxes, atol=1e-3)
    assert alone.found.labels == together[12].found.labels

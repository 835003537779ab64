"""Training finds bright things in noise, and ends alike however it was broken off or cached."""

import numpy as np
import pytest

from medgraft.data.outlines.boxes import Boxes
from medgraft.errors import UsageError
from medgraft.measure.detection.evaluation import evaluate_boxes
from medgraft.progress import Progress
from medgraft.transfer.detection.decoding import choose_cuts, image_boxes, suppressed
from medgraft.transfer.detection.looking import candidates_of
from medgraft.transfer.detection.training import fit_detector


class KilledError(Exception):
    """What a test does to a training."""


class Killer(Progress):
    """Ends the training when it comes to an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def track(self, items, *, total, label):
        if f"epoch {self.epoch} " in label:
            raise KilledError
        yield from items


def losses(fitted):
    return [(row["phase"], row["epoch"], row["train_loss"], row["val_loss"]) for row in fitted.history]


def same(one, other):
    pairs = ((one.trained.state, other.trained.state), (one.trained.head, other.trained.head))
    return all(a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a) for a, b in pairs)


def test_it_learns_to_find_what_is_there(material, plan, settings, scenes):
    given = material()
    fitted = fit_detector(given, plan, settings())
    pixels, boxes = scenes
    rows = np.arange(24, 48)
    frames = [plan.frame(64, 64)] * len(rows)
    found = list(candidates_of(fitted.trained.build(), lambda part: pixels[rows[part]], frames, "cpu"))
    truths = [boxes[row].by_label() for row in rows]
    cuts = choose_cuts(found[:12], truths[:12], given.labels, "val")
    images = [image_boxes(t, suppressed(c, cuts.nms_iou), given.labels) for c, t in zip(found, truths, strict=True)]
    measured = evaluate_boxes(images[12:], given.labels, replicates=20)
    assert measured["map50"]["value"] > 0.8
    assert fitted.history[-1]["val_loss"] < 0.5 * fitted.history[0]["val_loss"]
    assert {"val_class", "val_box", "val_centre"} <= fitted.history[0].keys()


def test_what_was_killed_ends_as_what_was_not(material, plan, settings, tmp_path, house):
    short = settings(strategy="lp-ft", frozen_stride=8, head_epochs=2, epochs=3, augment=True, views=2)
    whole = fit_detector(material(cache=house / "a", checkpoints=tmp_path / "a"), plan, short)
    broken = material(cache=house / "b", checkpoints=tmp_path / "b")
    for epoch in (2, 3):  # in the first phase, then in the second
        with pytest.raises(KilledError):
            fit_detector(material(cache=house / "b", checkpoints=tmp_path / "b", progress=Killer(epoch)), plan, short)
    resumed = fit_detector(broken, plan, short)
    assert losses(resumed) == losses(whole)
    assert same(resumed, whole)


def test_kept_activations_change_nothing_that_matters(material, plan, settings, tmp_path, house):
    """They are packed in 16-bit steps, so that losses agree to a few digits and not to the bit."""
    short = settings(strategy="linear-probe", epochs=4, views=8, augment=True)
    plain = fit_detector(material(checkpoints=tmp_path / "plain"), plan, short.model_copy(update={"views": 2}))
    kept = fit_detector(material(checkpoints=tmp_path / "kept", cache=house), plan, short)
    assert kept.facts["head"]["prefix_cache"]["kept"]
    assert kept.facts["head"]["prefix_cache"]["views"] == 2  # each is used twice
    first = [(a["val_loss"], b["val_loss"]) for a, b in zip(plain.history, kept.history, strict=True)]
    assert first[1][0] == pytest.approx(first[1][1], rel=1e-3)  # epochs 1 and 2 show the same views
    assert first[2][0] == pytest.approx(first[2][1], rel=1e-3)


def test_a_frozen_backbone_stays_to_the_last_bit(material, plan, settings):
    given = material()
    source = given.backbone.build(1).state_dict()
    fitted = fit_detector(given, plan, settings(strategy="linear-probe", epochs=2))
    assert all(np.array_equal(fitted.trained.state[name], item.numpy()) for name, item in source.items())


def test_stages_up_to_the_frozen_stride_stay_and_the_others_learn(material, plan, settings):
    given = material()
    network = given.backbone.build(1)
    source, stages = network.state_dict(), given.backbone.stages(network)
    fitted = fit_detector(given, plan, settings(strategy="lp-ft", head_epochs=1, epochs=2, frozen_stride=8))
    moved = {
        stage: any(not np.array_equal(fitted.trained.state[name], source[name].numpy()) for name in names)
        for stage, names in stages
    }
    # strides of its stages: 2, 4, 8, 16, 32; no level of this plan reads the last
    assert list(moved.values()) == [False, False, False, True, False]
    statistics = [name for name in source if name.endswith("running_mean")]
    assert all(np.array_equal(fitted.trained.state[name], source[name].numpy()) for name in statistics)


@pytest.mark.parametrize("architecture", ["retinanet", "faster-rcnn"])
def test_the_others_learn_as_well(material, plan, settings, architecture):
    fitted = fit_detector(material(), plan, settings(architecture=architecture, epochs=1))
    assert fitted.history[1]["val_loss"] < fitted.history[0]["val_loss"]


def test_full_learns_from_the_sources_weights_all_of_them(material, plan, settings):
    given = material()
    source = given.backbone.build(1).state_dict()
    fitted = fit_detector(given, plan, settings(strategy="full", epochs=1))
    name = next(name for name in source if name.endswith("layer1.0.conv1.weight"))
    assert not np.array_equal(fitted.trained.state[name], source[name].numpy())


def test_pictures_without_boxes_are_learnt_from(material, plan, settings, scenes):
    boxes = [Boxes((), (64, 64)) if row % 3 == 0 else one for row, one in enumerate(scenes[1])]
    fitted = fit_detector(material(boxes=boxes), plan, settings(epochs=1))
    assert np.isfinite(fitted.history[-1]["val_loss"])


def test_without_validation_it_is_refused(material, plan, settings):
    with pytest.raises(UsageError, match="both are needed"):
        fit_detector(material(val=np.zeros(0, np.int64)), plan, settings())

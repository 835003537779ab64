"""Inputs with their boxes: padded, moved along, and by view where activations are kept."""

import numpy as np

from medgraft.transfer.detection.augmentation import BoxAugmentation, box_policy
from medgraft.transfer.detection.boxes_feed import NO_BOX, BoxesFeed

BOXES = [np.array([[4.0, 5, 20, 30, 1], [0, 0, 8, 8, 0]]), np.zeros((0, 5)), np.array([[10.0, 10, 40, 30, 2]])]
ROWS = np.arange(3)


def inputs(rows, index, epoch):
    return (np.full((len(rows), 1, 2, 2), -1.0 if epoch is None else epoch, np.float32),)


def test_every_picture_has_as_many_rows_as_the_fullest():
    pixels, boxes = BoxesFeed(inputs, BOXES, 64)(ROWS, ROWS, None)
    assert pixels.shape == (3, 1, 2, 2)
    assert boxes.shape == (3, 2, 5)
    assert boxes.dtype == np.float32
    assert boxes[0].tolist() == BOXES[0].tolist()
    assert boxes[:, :, 4].tolist() == [[1, 0], [NO_BOX, NO_BOX], [2, NO_BOX]]


def test_pictures_without_boxes_make_no_trouble():
    _, boxes = BoxesFeed(inputs, [np.zeros((0, 5))] * 2, 64)(ROWS[:2], ROWS[:2], 1)
    assert (boxes[:, :, 4] == NO_BOX).all()


def test_a_picture_is_what_it_is_whatever_else_is_in_the_batch():
    feed = BoxesFeed(inputs, BOXES, 64, BoxAugmentation(box_policy("microscopy", upright=False), 0))
    together = feed(ROWS, ROWS, 4)[1]
    for row in ROWS:
        assert np.array_equal(feed(ROWS[row : row + 1], ROWS[row : row + 1], 4)[1][0], together[row])


def test_boxes_of_training_move_and_those_of_validation_stay():
    augmentation = BoxAugmentation(box_policy("unknown", upright=True), 0)
    feed = BoxesFeed(inputs, BOXES, 64, augmentation)
    moved, _ = augmentation.boxes(BOXES[2][:, :4], 64, 3, 2)
    assert feed(ROWS[2:], ROWS[2:], 3)[1][0, 0, :4].tolist() == moved[0].astype(np.float32).tolist()
    assert feed(ROWS[2:], ROWS[2:], None)[1][0, 0].tolist() == BOXES[2][0].tolist()


def test_views_come_round_as_the_activations_do():
    augmentation = BoxAugmentation(box_policy("unknown", upright=True), 0)
    feed = BoxesFeed(inputs, BOXES, 64, augmentation, views=3)
    each = [feed(ROWS, ROWS, epoch)[1] for epoch in range(1, 8)]
    assert np.array_equal(each[0], each[3])
    assert np.array_equal(each[2], each[5])
    assert not np.array_equal(each[0], each[1])
    assert [feed(ROWS, ROWS, epoch)[0][0, 0, 0, 0] for epoch in (1, 4)] == [1, 4]  # the cache counts for itself

"""What a detector gives for pictures: in their own pixels, one by one."""

import numpy as np

from medgraft.transfer.detection.looking import candidates_of


def test_boxes_come_in_the_pixels_of_the_picture_whatever_the_batch(learnt, plan, scenes):
    detector = learnt.trained.build()
    pixels, _ = scenes
    rows = np.arange(20)
    small, large = (
        list(candidates_of(detector, lambda part: pixels[rows[part]], [plan.frame(*shape)] * 20, "cpu"))
        for shape in ((64, 64), (128, 192))
    )
    (alone,) = candidates_of(detector, lambda part: pixels[part + 17], [plan.frame(64, 64)], "cpu")
    np.testing.assert_allclose(alone.boxes, small[17].boxes, atol=1e-3)
    assert sum(map(len, small))
    for one, other in zip(small, large, strict=True):
        np.testing.assert_allclose(one.boxes * [3, 2, 3, 2], other.boxes, atol=1e-9)
        assert one.boxes.min(initial=0) >= 0
        assert one.boxes.max(initial=0) <= 64

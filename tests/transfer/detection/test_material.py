"""Cases as the network sees their boxes."""

from medgraft.data.outlines.boxes import Box, Boxes


def test_boxes_stand_in_the_square_with_the_index_of_their_label(material, plan):
    boxes = [Boxes((Box("square", 0, 0, 30, 60), Box("bar", 60, 30, 120, 120))), Boxes()]
    first, second = material(boxes=boxes, shapes=[(120, 120), (50, 70)]).framed(plan)
    assert first.tolist() == [[0, 0, 16, 32, 1], [32, 16, 64, 64, 0]]
    assert second.shape == (0, 5)

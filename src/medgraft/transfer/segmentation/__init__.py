"""Outlines by transfer: a pretrained encoder or a network of volumes, learnt from label maps, in 2-D, 2.5-D and 3-D."""

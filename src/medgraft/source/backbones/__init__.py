"""Pretrained feature extractors: families of networks, facts, stems, strict loading."""

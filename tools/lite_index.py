"""Writes ``efficientnet_lite.json``: where the tensors of the default backbone's package lie, and what eager
PyTorch makes of the check pictures. Run once for a new package: ``python tools/lite_index.py``.
"""

import io
import json
from pathlib import Path

import torch

from medgraft.home import Home
from medgraft.source.backbones import efficientnet_lite as lite
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.openvino_engine import check_pictures, project

TARGET = Path(lite.__file__).with_name("efficientnet_lite.json")


def index_of(name):
    """Name, offset, stored shape, axes and type of every tensor of the body; projected features by channels."""
    import timm

    data = lite.read_package(name)
    tensors = torch.load(io.BytesIO(data), weights_only=True)
    rows = []
    for key, value in zip(timm.create_model(name).state_dict(), tensors.values(), strict=True):
        if key in lite.HEAD_KEYS:
            continue
        # The publisher's tensors lie transposed (rows, columns, in, out): kept in the order of the file.
        order = sorted(range(value.dim()), key=lambda axis: -value.stride(axis))
        stored = value.permute(order).contiguous().numpy()
        offset = data.find(stored.tobytes())
        if offset < 0:
            raise SystemExit(f"{key} {stored.dtype} {stored.shape} was not found in the file")
        rows.append(
            [key, offset, list(stored.shape), [order.index(axis) for axis in range(value.dim())], stored.dtype.str]
        )
    backbone, reference = resolve_backbone(name, home=Home.find()), {}
    for channels in (1, 3):
        pictures = torch.from_numpy(check_pictures(channels, lite.LITES[name].size))
        with torch.inference_mode():
            features = backbone.build(channels)(pictures).numpy()
        reference[str(channels)] = [[float(f"{v:.7g}") for v in row] for row in project(features)]
    return {"sha256": lite.LITES[name].sha256, "reference": reference, "tensors": rows}


if __name__ == "__main__":
    installed = [name for name in lite.LITES if lite.package_file(name) is not None]
    TARGET.write_text(json.dumps({name: index_of(name) for name in installed}) + "\n", "utf-8")
